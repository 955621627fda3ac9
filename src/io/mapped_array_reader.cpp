#include "io/mapped_array_reader.hpp"

#include "io/place.hpp"
#include "io/split_box.hpp"

namespace tessera::dataset {

namespace {

constexpr std::size_t kSample = 0, kChannel = 1;
/// Cells of the piece that is put in order at once: few enough for a cache, many enough for a disk.
constexpr Index kPieceCells = Index{1} << 20;

/// to[sum_k i_k strides_k] = from[i], i over extent in row-major order.
template <class T>
void scatter(const T* from, const Shape& extent, const Shape& strides, T* to) {
  const std::size_t last = extent.size() - 1;
  const Index length = extent[last], stride = strides[last];
  Shape at(extent.size(), 0);
  for (const T* const end = from + volume(extent); from != end; from += length) {
    Index offset = 0;
    for (std::size_t axis = 0; axis < last; ++axis) offset += at[axis] * strides[axis];
    for (Index i = 0; i < length; ++i) to[offset + i * stride] = from[i];
    for (std::size_t axis = last; axis-- > 0;) {
      if (++at[axis] < extent[axis]) break;
      at[axis] = 0;
    }
  }
}

}  // namespace

MappedArrayReader::MappedArrayReader(ArrayMap map) : map_(std::move(map)) {
  if (map_.shape[kSample] > 0) arrays_of(0);
}

const std::vector<std::unique_ptr<hdf5::Hdf5ArrayReader>>& MappedArrayReader::arrays_of(Index sample) const {
  const bool numbered = !map_.sample_numbers.empty();
  if (open_sample_ && (!numbered || *open_sample_ == sample)) return open_;
  open_sample_.reset();
  open_.clear();
  for (const std::string& array : map_.arrays) {
    const std::string name =
        numbered ? find_sample_pattern(array)->name(map_.sample_numbers[static_cast<std::size_t>(sample)]) : array;
    open_.push_back(std::make_unique<hdf5::Hdf5ArrayReader>(map_.file, name, map_.part));
  }
  open_sample_ = sample;
  return open_;
}

template <RealScalar T>
void MappedArrayReader::read_array(const hdf5::Hdf5ArrayReader& array, const Box& box, const Shape& strides,
                                   T* values) const {
  const std::size_t rank = map_.axes.size();
  Box cells{Shape(rank), Shape(rank)};
  Shape cell_strides(rank);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    cells.start[axis] = box.start[map_.axes[axis]];
    cells.extent[axis] = box.extent[map_.axes[axis]];
    cell_strides[axis] = strides[map_.axes[axis]];
  }
  std::vector<T> piece_values;
  for (const Box& piece : split_box(cells, kPieceCells)) {
    piece_values.resize(static_cast<std::size_t>(piece.volume()));
    array.read(piece, piece_values.data());
    Index offset = 0;
    for (std::size_t axis = 0; axis < rank; ++axis) {
      offset += (piece.start[axis] - cells.start[axis]) * cell_strides[axis];
    }
    scatter(piece_values.data(), piece.extent, cell_strides, values + offset);
  }
}

template <RealScalar T>
void MappedArrayReader::read_box(const Box& box, T* values) const {
  if (!(intersect(box, {Shape(map_.shape.size(), 0), map_.shape}) == box)) {
    fail({"read", map_.file, map_.arrays.front()}, "an array that holds " + to_string(box),
         "shape " + to_string(map_.shape));
  }
  if (box.empty()) return;
  const Shape strides = row_major_strides(box.extent);
  const Index channels = map_.array_channels;
  const bool numbered = !map_.sample_numbers.empty();
  const Index samples_at_once = numbered ? 1 : box.extent[kSample];
  const Index first = box.start[kChannel], end = first + box.extent[kChannel];
  for (Index sample = 0; sample < box.extent[kSample]; sample += samples_at_once) {
    const auto& arrays = arrays_of(box.start[kSample] + sample);
    for (Index a = first / channels; a * channels < end; ++a) {
      const Index low = std::max(first, a * channels), high = std::min(end, (a + 1) * channels);
      Box part = box;
      part.start[kSample] += sample;
      part.extent[kSample] = samples_at_once;
      part.start[kChannel] = low - a * channels;
      part.extent[kChannel] = high - low;
      T* const to = values + sample * strides[kSample] + (low - first) * strides[kChannel];
      read_array(*arrays[static_cast<std::size_t>(a)], part, strides, to);
    }
  }
}

}  // namespace tessera::dataset
