#include "spectral/distributed_fft_pass.hpp"

#include <algorithm>

#include "spectral/distributed_fft_plan.hpp"

namespace tessera {

namespace {

constexpr Index kCacheLine = 64;
/// A chunk and what it is loaded from and stored to share the second-level cache. The larger, the longer the runs.
constexpr Index kChunkBytes = Index{256} << 10;
/// Columns of a chunk whose lines run across memory: full cache lines, and enough of them for the prefetcher.
constexpr Index kLeastColumns = 16;

bool contains(const std::vector<std::size_t>& axes, std::size_t axis) {
  return std::find(axes.begin(), axes.end(), axis) != axes.end();
}

/// Extents of the smallest chunk: whole lines along `axes`, a few columns on the last axis.
Shape smallest_chunk(const Shape& modes, const std::vector<std::size_t>& axes) {
  Shape chunk(modes.size(), 1);
  chunk.back() = std::min(modes.back(), kLeastColumns);
  for (const std::size_t axis : axes) chunk[axis] = modes[axis];
  return chunk;
}

/// Row-major strides, in elements of `bytes`, of which every one but the last is an odd number of cache lines: lines
/// along any axis then spread over all sets of a cache.
Shape spread_strides(const TileEntries& extent, std::size_t axes, Index bytes) {
  const Index per_line = kCacheLine / bytes;
  Shape strides(axes, 1);
  for (std::size_t axis = axes - 1; axis-- > 0;) {
    const Index lines = (extent[axis + 1] * strides[axis + 1] + per_line - 1) / per_line;
    strides[axis] = (lines % 2 == 0 ? lines + 1 : lines) * per_line;
  }
  return strides;
}

/// Columns in steps of a vector: FFTW takes half as long again for a count that does not fill its vectors.
template <class Complex>
Index padded_columns(Index columns) {
  constexpr Index kVector = 32 / static_cast<Index>(sizeof(Complex));
  return (columns + kVector - 1) / kVector * kVector;
}

/// out = weights * in, number by number.
template <class T>
void multiply_row(Index run, const T* weights, const T* in, T* out) {
  for (Index i = 0; i < run; ++i) out[i] = weights[i] * in[i];
}

/// FFTW wants the alignment it planned for; tiles themselves begin on cache lines.
bool rows_aligned(const Shape& extent, const Shape& strides, std::size_t bytes) {
  constexpr Index kAlignment = 16;
  for (std::size_t axis = 0; axis + 1 < extent.size(); ++axis) {
    if (extent[axis] > 1 && strides[axis] * static_cast<Index>(bytes) % kAlignment != 0) return false;
  }
  return true;
}

}  // namespace

template <RealScalar T>
Index FftPass<T>::smallest_chunk_bytes(const Shape& cells, const std::vector<std::size_t>& axes) {
  return volume(smallest_chunk(cells, axes)) * static_cast<Index>(sizeof(Complex));
}

template <RealScalar T>
FftPass<T>::FftPass(Plan plan) : plan_(std::move(plan)), modes_(plan_.real ? half_spectrum(plan_.cells) : plan_.cells) {
  std::sort(plan_.axes.rbegin(), plan_.axes.rend());
  cell_strides_ = row_major_strides(plan_.cells);
  mode_strides_ = row_major_strides(modes_);
  if (plan_.axes.empty() || volume(plan_.cells) == 0) return;
  choose_chunk();
  choose_strides();
  const Shape whole(chunk_.begin(), chunk_.begin() + static_cast<std::ptrdiff_t>(modes_.size()));
  whole_ = make_ffts(whole);
  for (std::size_t axis = 0; axis < whole.size(); ++axis) {
    const Index rest = modes_[axis] % whole[axis];
    if (rest == 0) continue;
    Shape shape = whole;
    shape[axis] = rest;
    remainder_ = make_ffts(shape);
  }
}

template <RealScalar T>
void FftPass<T>::choose_chunk() {
  chunk_ = tile_entries(smallest_chunk(modes_, plan_.axes));
  Index cells = volume(smallest_chunk(modes_, plan_.axes));
  const Index most = kChunkBytes / static_cast<Index>(sizeof(Complex));
  // Only one axis is divided unevenly: the first, from the last, that does not fit whole.
  for (std::size_t axis = modes_.size(); axis-- > 0;) {
    if (contains(plan_.axes, axis)) continue;
    cells /= chunk_[axis];
    chunk_[axis] = std::clamp(most / cells, chunk_[axis], modes_[axis]);
    cells *= chunk_[axis];
    if (chunk_[axis] < modes_[axis]) break;
  }
}

template <RealScalar T>
void FftPass<T>::choose_strides() {
  const std::size_t last = modes_.size() - 1;
  TileEntries real_chunk = chunk_;
  real_chunk[last] = plan_.cells[last];
  scratch_strides_ = spread_strides(chunk_, modes_.size(), sizeof(Complex));
  real_strides_ = spread_strides(real_chunk, modes_.size(), sizeof(T));
  const Index scratch_size = modes_.size() == 1 ? padded_columns<Complex>(chunk_[0]) : chunk_[0] * scratch_strides_[0];
  scratch_ = Buffer<Complex>(scratch_size);
  std::fill_n(scratch_.data(), scratch_size, Complex{});
  const bool whole_rows = contains(plan_.axes, last);
  if (plan_.forward || !plan_.real) {
    direct_load_ = whole_rows && !plan_.weighted &&
                   (plan_.real ? rows_aligned(plan_.cells, cell_strides_, sizeof(T))
                               : rows_aligned(plan_.cells, cell_strides_, sizeof(Complex)));
  }
  direct_unload_ = plan_.real && !plan_.forward && plan_.local && rows_aligned(plan_.cells, cell_strides_, sizeof(T));
  if (plan_.real && !direct_load_ && !direct_unload_) reals_ = Buffer<T>(real_chunk[0] * real_strides_[0]);
}

template <RealScalar T>
auto FftPass<T>::make_ffts(const Shape& chunk) const -> ChunkFfts {
  using Kind = typename BoxFft<T>::Kind;
  const std::size_t last = modes_.size() - 1;
  const Kind complex = plan_.forward ? Kind::forward : Kind::backward;
  Shape real_chunk = chunk;
  real_chunk[last] = plan_.cells[last];
  Shape padded = chunk;
  padded[last] = padded_columns<Complex>(chunk[last]);
  ChunkFfts ffts;
  for (const std::size_t axis : plan_.axes) {
    if (axis == last && plan_.real && plan_.forward) {
      ffts.load.emplace(Kind::real_forward,
                        typename BoxFft<T>::Geometry{real_chunk, axis, direct_load_ ? cell_strides_ : real_strides_,
                                                     scratch_strides_, false},
                        plan_.planning);
    } else if (axis == last && plan_.real) {
      ffts.unload.emplace(Kind::real_backward,
                          typename BoxFft<T>::Geometry{real_chunk, axis, scratch_strides_,
                                                       direct_unload_ ? cell_strides_ : real_strides_, false},
                          plan_.planning);
    } else if (axis == last && direct_load_) {
      ffts.load.emplace(complex, typename BoxFft<T>::Geometry{chunk, axis, mode_strides_, scratch_strides_, false},
                        plan_.planning);
    } else {
      ffts.in_place.emplace_back(
          complex,
          typename BoxFft<T>::Geometry{axis == last ? chunk : padded, axis, scratch_strides_, scratch_strides_, true},
          plan_.planning);
    }
  }
  return ffts;
}

template <RealScalar T>
template <class Body>
void FftPass<T>::for_each_chunk(Body&& body) const {
  const std::size_t axes = modes_.size();
  TileBox chunk;
  chunk.axes = axes;
  while (true) {
    bool whole = true;
    for (std::size_t axis = 0; axis < axes; ++axis) {
      chunk.extent[axis] = std::min(chunk_[axis], modes_[axis] - chunk.start[axis]);
      whole = whole && chunk.extent[axis] == chunk_[axis];
    }
    body(chunk, whole ? whole_ : remainder_);
    std::size_t axis = axes;
    while (axis > 0 && (chunk.start[axis - 1] += chunk_[axis - 1]) >= modes_[axis - 1]) chunk.start[--axis] = 0;
    if (axis == 0) return;
  }
}

template <RealScalar T>
void FftPass<T>::clear_padding(const TileBox& chunk) const {
  const Index columns = chunk.extent[chunk.axes - 1];
  const Index padding = padded_columns<Complex>(columns) - columns;
  const TileEntries strides = tile_entries(scratch_strides_);
  for_each_tile_row(chunk.axes, chunk.extent, strides, strides,
                    [&](Index row, Index) { std::fill_n(scratch_.data() + row + columns, padding, Complex{}); });
}

template <RealScalar T>
template <class In>
void FftPass<T>::load(const In* source, const T* weights, const TileBox& chunk, const ChunkFfts& ffts) const {
  constexpr bool kReal = std::same_as<In, T>;
  const std::size_t last = chunk.axes - 1;
  const Shape& strides = kReal ? cell_strides_ : mode_strides_;
  const TileEntries from = tile_entries(strides);
  const In* values = source + chunk.offset({}, from);
  if (chunk.extent[last] < chunk_[last]) clear_padding(chunk);
  if (direct_load_) {
    ffts.load->apply(values, scratch_.data());
  } else if constexpr (kReal) {
    TileBox cells = chunk;
    cells.extent[last] = plan_.cells[last];
    copy_tile(cells, values, from, reals_.data(), tile_entries(real_strides_));
    ffts.load->apply(static_cast<const T*>(reals_.data()), scratch_.data());
  } else if (weights == nullptr) {
    copy_tile(chunk, values, from, scratch_.data(), tile_entries(scratch_strides_));
  } else {
    const Index run = 2 * chunk.extent[last];
    const T* factors = weights + 2 * chunk.start[last];
    for_each_tile_row(chunk.axes, chunk.extent, from, tile_entries(scratch_strides_), [&](Index s, Index t) {
      multiply_row(run, factors, reinterpret_cast<const T*>(values + s), reinterpret_cast<T*>(scratch_.data() + t));
    });
  }
}

template <RealScalar T>
template <class In, class Out>
void FftPass<T>::run(const In* source, const T* weights, const Store<Out>& store, Out* direct) const {
  const std::size_t last = modes_.size() - 1;
  if (volume(plan_.cells) == 0) return;
  if constexpr (std::same_as<In, Out>) {
    if (plan_.axes.empty()) {
      store(TileBox({Shape(modes_.size(), 0), plan_.cells}), source, tile_entries(cell_strides_));
      return;
    }
  }
  if constexpr (ComplexScalar<In> || ComplexScalar<Out>) {
    for_each_chunk([&](const TileBox& chunk, const ChunkFfts& ffts) {
      load(source, weights, chunk, ffts);
      for (const BoxFft<T>& fft : ffts.in_place)
        fft.apply(static_cast<const Complex*>(scratch_.data()), scratch_.data());
      if constexpr (ComplexScalar<Out>) {
        store(chunk, scratch_.data(), tile_entries(scratch_strides_));
      } else {
        const TileEntries strides = tile_entries(direct_unload_ ? cell_strides_ : real_strides_);
        if (direct_unload_) {
          ffts.unload->apply(scratch_.data(), direct + chunk.offset({}, strides));
          return;
        }
        ffts.unload->apply(scratch_.data(), reals_.data());
        TileBox cells = chunk;
        cells.extent[last] = plan_.cells[last];
        store(cells, reals_.data(), strides);
      }
    });
  }
}

#define TESSERA_INSTANTIATE(T)                                                                                     \
  template class FftPass<T>;                                                                                       \
  template void FftPass<T>::run(const T*, const T*, const Store<T>&, T*) const;                                    \
  template void FftPass<T>::run(const T*, const T*, const Store<std::complex<T>>&, std::complex<T>*) const;        \
  template void FftPass<T>::run(const std::complex<T>*, const T*, const Store<T>&, T*) const;                      \
  template void FftPass<T>::run(const std::complex<T>*, const T*, const Store<std::complex<T>>&, std::complex<T>*) \
      const;
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
