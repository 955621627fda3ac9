#include "models/engine/tile_transform.hpp"

#include <cstring>

#include "kernels/products.hpp"
#include "models/engine/axis_coefficients.hpp"

namespace tessera::engine {

namespace {

Index mode_count_of(const std::optional<FourierLine>& line, Index cells) {
  return line ? static_cast<Index>(line->frequencies.size()) : cells;
}

/// A few numbers; a call of the library's copy would cost more than the copying.
template <class T>
inline void copy_short(Index count, const T* from, T* to) {
  constexpr Index kPiece = 8;
  Index i = 0;
  for (; i + kPiece <= count; i += kPiece) std::memcpy(to + i, from + i, kPiece * sizeof(T));
  for (; i < count; ++i) to[i] = from[i];
}

/// [line][re, im][kz] to [re, im][line][kz]
template <class T>
void split_planes(Index lines, Index kz, const T* joined, T* planes) {
  for (Index line = 0; line < lines; ++line) {
    copy_short(kz, joined + 2 * line * kz, planes + line * kz);
    copy_short(kz, joined + (2 * line + 1) * kz, planes + (lines + line) * kz);
  }
}

/// The other way round.
template <class T>
void join_planes(Index lines, Index kz, const T* planes, T* joined) {
  for (Index line = 0; line < lines; ++line) {
    copy_short(kz, planes + line * kz, joined + 2 * line * kz);
    copy_short(kz, planes + (lines + line) * kz, joined + (2 * line + 1) * kz);
  }
}

}  // namespace

template <RealScalar T>
TileTransform<T>::TileTransform(const Tiling& tiling, Index channels, const std::optional<FourierLine>& z_line,
                                const std::optional<FourierLine>& t_line)
    : channels_(channels),
      t_cells_(tiling.t_cells()),
      kt_(mode_count_of(t_line, tiling.t_cells())),
      kz_(mode_count_of(z_line, tiling.z_cells())),
      one_z_(tiling.z_cells() == 1 && kz_ == 1),
      whole_t_(t_line && t_line->slab.extent == t_line->length),
      widest_z_(tiling.z_chunks().front().extent) {
  make_matrices(ModeScaling::unit, tiling, z_line, t_line, unit_);
  make_matrices(ModeScaling::inverse, tiling, z_line, t_line, inverse_);
}

template <RealScalar T>
void TileTransform<T>::make_matrices(ModeScaling scaling, const Tiling& tiling,
                                     const std::optional<FourierLine>& z_line, const std::optional<FourierLine>& t_line,
                                     Matrices& matrices) const {
  const FourierCoefficients t = axis_coefficients(t_line, t_cells_, scaling);
  matrices.t_rows = Buffer<T>(2 * kt_ * t_cells_);
  matrices.t_columns = Buffer<T>(2 * kt_ * t_cells_);
  for (Index k = 0; k < kt_; ++k) {
    for (Index n = 0; n < t_cells_; ++n) {
      const auto entry = static_cast<std::size_t>(k * t_cells_ + n);
      const double parts[2] = {t.cosine[entry], -t.sine[entry]};
      for (Index part = 0; part < 2; ++part) {
        const T value = static_cast<T>(parts[part]);
        matrices.t_rows.data()[(2 * k + part) * t_cells_ + n] = value;
        matrices.t_columns.data()[n * 2 * kt_ + 2 * k + part] = value;
      }
    }
  }
  const FourierCoefficients z = axis_coefficients(z_line, tiling.z_cells(), scaling);
  for (const Range& chunk : tiling.z_chunks()) {
    Buffer<T> analysis(4 * chunk.extent * kz_), synthesis(4 * chunk.extent * kz_);
    for (Index k = 0; k < kz_; ++k) {
      for (Index n = 0; n < chunk.extent; ++n) {
        const auto entry = static_cast<std::size_t>(k * z.cells + chunk.start + n);
        // exp(-i a) (re, im) = (c re + s im, c im - s re)
        const double block[2][2] = {{z.cosine[entry], -z.sine[entry]}, {z.sine[entry], z.cosine[entry]}};
        for (Index from = 0; from < 2; ++from) {
          for (Index to = 0; to < 2; ++to) {
            const T value = static_cast<T>(block[from][to]);
            analysis.data()[(from * chunk.extent + n) * 2 * kz_ + to * kz_ + k] = value;
            synthesis.data()[(to * kz_ + k) * 2 * chunk.extent + from * chunk.extent + n] = value;
          }
        }
      }
    }
    matrices.z_analysis.push_back(std::move(analysis));
    matrices.z_synthesis.push_back(std::move(synthesis));
  }
}

template <RealScalar T>
void TileTransform<T>::analyse_t(const Matrices& m, const Tiling::Tile& tile, const T* v, T* lines) const {
  const Index nt = tile.t.extent, nz = tile.z.extent, rows = 2 * kt_;
  const T* initial = tile.first_t ? nullptr : lines;
  if (one_z_) {
    kernels::multiply<T>(
        {channels_, rows, nt, v, nt, 1, m.t_columns.data() + tile.t.start * rows, rows, lines, rows, initial, rows, 1});
    return;
  }
  const kernels::Product<T> product{rows,     nz,        nt,      m.t_rows.data() + tile.t.start,
                                    t_cells_, 1,         v,       nz,
                                    lines,    nz,        initial, nz,
                                    1,        channels_, nt * nz, rows * nz,
                                    rows * nz};
  if (mirrors_t(tile)) {
    kernels::multiply_mirrored_terms(product);
  } else {
    kernels::multiply(product);
  }
}

template <RealScalar T>
void TileTransform<T>::synthesise_t(const Matrices& m, const Tiling::Tile& tile, const T* lines, T* v) const {
  const Index nt = tile.t.extent, nz = tile.z.extent, terms = 2 * kt_;
  if (one_z_) {
    kernels::multiply<T>({channels_, nt, terms, lines, terms, 1, m.t_rows.data() + tile.t.start, t_cells_, v, nt});
    return;
  }
  kernels::Product<T> product{nt, nz, terms, m.t_columns.data() + tile.t.start * terms, terms, 1, lines, nz, v, nz};
  product.batch = channels_;
  product.b_batch = terms * nz;
  product.c_batch = nt * nz;
  if (mirrors_t(tile)) {
    kernels::multiply_mirrored_rows(product);
  } else {
    kernels::multiply(product);
  }
}

template <RealScalar T>
void TileTransform<T>::analyse(ModeScaling scaling, const Tiling::Tile& tile, const T* v, Work& work, T* modes) const {
  const Matrices& m = matrices(scaling);
  const Index lines = channels_ * kt_;
  work.lines.require(2 * lines * widest_z_);
  work.modes.require(mode_count());
  analyse_t(m, tile, v, work.lines.data());
  if (!tile.last_t) return;
  if (one_z_) {
    split_planes(lines, kz_, work.lines.data(), modes);
    return;
  }
  const Index nz = tile.z.extent;
  kernels::multiply<T>({lines, 2 * kz_, 2 * nz, work.lines.data(), 2 * nz, 1,
                        m.z_analysis[static_cast<std::size_t>(tile.z_chunk)].data(), 2 * kz_, work.modes.data(),
                        2 * kz_, tile.first_z ? nullptr : work.modes.data(), 2 * kz_, 1});
  if (tile.last_z) split_planes(lines, kz_, work.modes.data(), modes);
}

template <RealScalar T>
void TileTransform<T>::synthesise(ModeScaling scaling, const Tiling::Tile& tile, const T* modes, Work& work,
                                  T* v) const {
  const Matrices& m = matrices(scaling);
  const Index lines = channels_ * kt_;
  work.lines.require(2 * lines * widest_z_);
  work.modes.require(mode_count());
  if (tile.first_t) {
    T* joined = one_z_ ? work.lines.data() : work.modes.data();
    if (tile.first_z) join_planes(lines, kz_, modes, joined);
    const Index nz = tile.z.extent;
    if (!one_z_) {
      kernels::multiply<T>({lines, 2 * nz, 2 * kz_, joined, 2 * kz_, 1,
                            m.z_synthesis[static_cast<std::size_t>(tile.z_chunk)].data(), 2 * nz, work.lines.data(),
                            2 * nz});
    }
  }
  synthesise_t(m, tile, work.lines.data(), v);
}

template class TileTransform<float>;
template class TileTransform<double>;

}  // namespace tessera::engine
