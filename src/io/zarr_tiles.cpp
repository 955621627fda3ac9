#include "tessera/io/zarr_tiles.hpp"

#include <algorithm>
#include <optional>

#include "io/chunk_walk.hpp"
#include "io/first_copy.hpp"
#include "tessera/comm/collective_guard.hpp"
#include "tessera/tensor/host_values.hpp"

namespace tessera {

namespace {

Box shifted(Box box, const Shape& by, Index sign) {
  for (std::size_t axis = 0; axis < by.size(); ++axis) box.start[axis] += sign * by[axis];
  return box;
}

/// The region of the array that a tensor at `origin` takes.
Box region_of(const char* operation, const ZarrArray& array, const Shape& shape, Shape& origin) {
  if (origin.empty()) origin.assign(shape.size(), 0);
  const Box region{origin, shape};
  const Shape& whole = array.shape();
  const bool fits = whole.size() == shape.size() && origin.size() == shape.size() &&
                    intersect(region, {Shape(whole.size(), 0), whole}) == region;
  if (!fits) {
    throw IoError(std::string(operation) + " " + array.label() + ": expected an array that holds " + to_string(shape) +
                  " from " + to_string(origin) + " on, found shape " + to_string(whole));
  }
  return region;
}

void require_whole_chunks(const ZarrArray& array, const Box& region) {
  for (std::size_t axis = 0; axis < region.start.size(); ++axis) {
    const Index chunk = array.chunk()[axis];
    const Index end = region.start[axis] + region.extent[axis];
    if (region.start[axis] % chunk == 0 && (end % chunk == 0 || end == array.shape()[axis])) continue;
    throw ArgumentError("write_tile " + array.label() + ": expected a tensor that ends where chunks " +
                        to_string(array.chunk()) + " do, got cells " + to_string(region));
  }
}

/// Which ranks of a partition hold the cells of a tensor; of several copies the first.
class Holders {
 public:
  Holders(const Partition& partition, const Shape& shape) : partition_(partition), shape_(shape) {}

  /// Positions whose tiles meet a box, in ascending order.
  std::vector<Index> of(const Box& box) const {
    const RankGrid& grid = partition_.grid();
    Box coordinates{Shape(grid.extents().size(), 0), Shape(grid.extents().size(), 1)};
    for (std::size_t g = 0; g < grid.extents().size(); ++g) {
      if (grid.cuts()[g] == RankGrid::kReplicate || grid.extents()[g] == 1) continue;
      const auto axis = static_cast<std::size_t>(grid.cuts()[g]);
      const Index first = part_with(g, box.start[axis]);
      coordinates.start[g] = first;
      coordinates.extent[g] = part_with(g, box.start[axis] + box.extent[axis] - 1) - first + 1;
    }
    std::vector<Index> positions;
    for_each_index(coordinates, [&](const Shape& at) { positions.push_back(grid.position(at)); });
    return positions;
  }
  int rank(Index position) const { return partition_.ranks()[static_cast<std::size_t>(position)]; }
  Box tile(Index position) const { return partition_.grid().tile(shape_, position); }

 private:
  /// The part of a cut axis that holds a cell (see balanced_range).
  Index part_with(std::size_t grid_axis, Index cell) const {
    const RankGrid& grid = partition_.grid();
    const Index parts = grid.extents()[grid_axis];
    const Index cells = shape_[static_cast<std::size_t>(grid.cuts()[grid_axis])];
    const Index longer = cells % parts, extent = cells / parts;
    const Index in_longer = longer * (extent + 1);
    return cell < in_longer ? cell / (extent + 1) : longer + (cell - in_longer) / extent;
  }

  const Partition& partition_;
  const Shape& shape_;
};

/// Contiguous values of a part of a tile, or of a chunk.
template <class T>
struct Piece {
  Box box;
  int peer;
  std::vector<T> values;
};

template <class T>
TensorView<T> view_of(T* values, const Box& box, const Box& part) {
  return TensorView<T>{values, box.extent, row_major_strides(box.extent)}.subview(shifted(part, box.start, -1));
}

template <class T>
struct OwnChunk {
  Shape at;
  std::vector<Piece<T>> received;
};

template <class T>
std::vector<Message> messages_of(std::vector<Piece<T>*> pieces) {
  std::vector<Message> messages;
  for (Piece<T>* piece : pieces) {
    messages.push_back({piece->peer, piece->values.data(), std::ssize(piece->values) * static_cast<Index>(sizeof(T))});
  }
  return messages;
}

/// What a rank gives away and what it writes. Boxes are in indices of the tensor.
template <class T>
class ChunkExchange {
 public:
  ChunkExchange(const ZarrArray& array, const DistTensor<T>& tensor, const Shape& origin, const T* values)
      : array_(array), origin_(origin), tile_(tensor.box()), values_(values) {
    if (!holds_first_copy(tensor.partition()) || tile_.empty()) return;
    const Holders holders(tensor.partition(), tensor.shape());
    const Index own = tensor.partition().position();
    // Row-major on all ranks, so that the messages between two ranks are in one order.
    for_each_index(chunks_of(shifted(tile_, origin_, 1), array_.chunk()), [&](const Shape& at) {
      const Box chunk = shifted(array_.chunk_box(at), origin_, -1);
      const std::vector<Index> positions = holders.of(chunk);
      if (positions.front() != own) {
        give(intersect(chunk, tile_), holders.rank(positions.front()));
        return;
      }
      own_.push_back({at, {}});
      for (const Index position : positions) {
        if (position != own) expect(intersect(chunk, holders.tile(position)), holders.rank(position));
      }
    });
  }

  void run(const Communicator& communicator) {
    std::vector<Piece<T>*> gives, takes;
    for (Piece<T>& piece : given_) gives.push_back(&piece);
    for (OwnChunk<T>& chunk : own_) {
      for (Piece<T>& piece : chunk.received) takes.push_back(&piece);
    }
    communicator.exchange(messages_of(gives), messages_of(takes));
    given_.clear();
  }

  void write(ZarrArray& array) {
    const Box tile = shifted(tile_, origin_, 1);
    for (OwnChunk<T>& chunk : own_) {
      if (chunk.received.empty()) {
        array.write_chunk(chunk.at, tile, values_);
        continue;
      }
      const Box box = shifted(array.chunk_box(chunk.at), origin_, -1);
      std::vector<T> cells(static_cast<std::size_t>(box.volume()));
      const auto place = [&](const Box& part, const TensorView<const T>& values) {
        copy(values, view_of(cells.data(), box, part));
      };
      const Box own = intersect(box, tile_);
      place(own, view_of(values_, tile_, own));
      for (const Piece<T>& piece : chunk.received) {
        place(piece.box, view_of(piece.values.data(), piece.box, piece.box));
      }
      array.write_chunk(chunk.at, array.chunk_box(chunk.at), cells.data());
      chunk.received.clear();
    }
  }

 private:
  static Piece<T> piece_of(const Box& part, int peer) {
    return {part, peer, std::vector<T>(static_cast<std::size_t>(part.volume()))};
  }
  void give(const Box& part, int owner) {
    given_.push_back(piece_of(part, owner));
    copy(view_of(values_, tile_, part), view_of(given_.back().values.data(), part, part));
  }
  void expect(const Box& part, int peer) { own_.back().received.push_back(piece_of(part, peer)); }

  const ZarrArray& array_;
  const Shape& origin_;
  Box tile_;
  const T* values_;
  std::vector<Piece<T>> given_;
  std::vector<OwnChunk<T>> own_;
};

}  // namespace

template <Scalar T>
void write_tile(ZarrArray& array, const DistTensor<T>& tensor, Shape origin) {
  require_whole_chunks(array, region_of("write_tile", array, tensor.shape(), origin));
  const Communicator& communicator = tensor.communicator();
  const CollectiveGuard announced(communicator, "write_tile " + array.label(), tensor.shape());
  const HostInput<T> values(tensor.local());
  std::optional<ChunkExchange<T>> exchange;
  communicator.together([&] { exchange.emplace(array, tensor, origin, values.data()); });
  exchange->run(communicator);
  communicator.together([&] { exchange->write(array); });
}

template <Scalar T>
void read_tile(const ZarrArray& array, DistTensor<T>& tensor, Shape origin) {
  region_of("read_tile", array, tensor.shape(), origin);
  const Communicator& communicator = tensor.communicator();
  const CollectiveGuard announced(communicator, "read_tile " + array.label(), tensor.shape());
  communicator.together([&] {
    if (!tensor.partition().active() || tensor.local_size() == 0) return;
    HostOutput<T> values(tensor.local());
    array.read_box(shifted(tensor.box(), origin, 1), values.data());
    values.store();
  });
}

namespace {

/// The largest divisor of `extent` below `part`, or about half of `part` where there is none near.
Index next_smaller(Index part, Index extent) {
  constexpr Index kNear = 4;
  for (Index divisor = part - 1; divisor >= std::max<Index>(1, part / kNear); --divisor) {
    if (extent % divisor == 0) return divisor;
  }
  return (part + 1) / 2;
}

}  // namespace

Shape choose_chunk(const Shape& shape, const RankGrid& grid, Index element_bytes, Index most_bytes) {
  const Shape tile = grid.tile(shape, 0).extent;
  Shape chunk;
  for (const Index extent : tile) chunk.push_back(std::max<Index>(extent, 1));
  while (volume(chunk) > std::max<Index>(1, most_bytes / element_bytes)) {
    const auto longest = std::max_element(chunk.begin(), chunk.end());
    *longest = next_smaller(*longest, tile[static_cast<std::size_t>(longest - chunk.begin())]);
  }
  return chunk;
}

#define TESSERA_INSTANTIATE(T)                                          \
  template void write_tile<T>(ZarrArray&, const DistTensor<T>&, Shape); \
  template void read_tile<T>(const ZarrArray&, DistTensor<T>&, Shape);
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::complex<float>)
TESSERA_INSTANTIATE(std::complex<double>)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
