#include "tessera/primitives/repartition.hpp"

#include <complex>

#include "tessera/comm/data_collectives.hpp"

namespace tessera {

namespace {

Box relative_to(const Box& box, const Box& origin) {
  Box result = box;
  for (std::size_t axis = 0; axis < box.start.size(); ++axis) result.start[axis] -= origin.start[axis];
  return result;
}

/// Where a box begins in a row-major tile if it is one run of it, -1 otherwise.
Index run_in_tile(const Box& box, const Shape& tile) {
  Index start = 0, stride = 1, run = 1;
  for (std::size_t axis = tile.size(); axis-- > 0;) {
    if (box.extent[axis] > 1) {
      if (stride != run) return -1;
      run *= box.extent[axis];
    }
    start += box.start[axis] * stride;
    stride *= tile[axis];
  }
  return start;
}

/// Elements and messages between `mine` and all tiles of `others` but the one at `position`.
Traffic shared_with_others(const Shape& shape, const Box& mine, const RankGrid& others, Index position) {
  Traffic result;
  for (Index other = 0; other < others.size(); ++other) {
    if (other == position) continue;
    const Index shared = intersect(mine, others.tile(shape, other)).volume();
    result.bytes += shared;
    result.messages += shared > 0 ? 1 : 0;
  }
  return result;
}

Box tile_or_empty(const Shape& shape, const RankGrid& grid, Index position) {
  if (position >= 0 && position < grid.size()) return grid.tile(shape, position);
  return {Shape(shape.size(), 0), Shape(shape.size(), 0)};
}

}  // namespace

Traffic repartition_traffic(const Shape& shape, const RankGrid& source, const RankGrid& target, Index position) {
  return shared_with_others(shape, tile_or_empty(shape, source, position), target, position);
}

Traffic repartition_adjoint_traffic(const Shape& shape, const RankGrid& source, const RankGrid& target,
                                    Index position) {
  return shared_with_others(shape, tile_or_empty(shape, target, position), source, position);
}

template <Scalar T>
Repartition<T>::Repartition(const Shape& shape, const Partition& source, const Partition& target, std::string name)
    : LinearOperator<T>(std::move(name), {shape, source}, {shape, target}) {
  if (source.grid().replicates()) {
    throw PartitionError(this->name() + ": the source " + to_string(source) +
                         " replicates; only the target of a repartition may (sum the copies first)");
  }
  outgoing_ = make_side(this->domain(), this->range());
  incoming_ = make_side(this->range(), this->domain());
}

template <Scalar T>
auto Repartition<T>::make_side(const TensorSpace& own, const TensorSpace& other) const -> Side {
  Side side;
  side.buffer = Storage<T>(this->communicator().device(), 0);
  const Box mine = own.tile();
  side.stays = relative_to(intersect(mine, other.tile()), mine);
  const Partition& others = other.partition;
  for (Index position = 0; position < others.size(); ++position) {
    const int rank = others.ranks()[static_cast<std::size_t>(position)];
    if (rank == this->communicator().rank()) continue;
    const Box shared = intersect(mine, others.grid().tile(other.shape, position));
    if (shared.empty()) continue;
    const Box box = relative_to(shared, mine);
    side.pieces.push_back({rank, box, box.volume(), run_in_tile(box, mine.extent)});
  }
  for (const bool runs : {false, true}) {
    for (Piece& piece : side.pieces) {
      if ((piece.place >= 0) != runs) continue;
      piece.offset = side.elements;
      side.elements += piece.elements;
    }
    if (!runs) side.strided = side.elements;
  }
  return side;
}

/// The messages of one side; `in_place`: runs of the tile are not buffered.
template <Scalar T>
std::vector<Message> Repartition<T>::messages(const Side& side, T* tile, bool in_place) const {
  side.buffer.require(in_place ? side.strided : side.elements);
  std::vector<Message> list;
  list.reserve(side.pieces.size());
  for (const Piece& piece : side.pieces) {
    T* data = in_place && piece.place >= 0 ? tile + piece.place : side.buffer.data() + piece.offset;
    list.push_back({piece.rank, data, piece.elements * static_cast<Index>(sizeof(T))});
  }
  return list;
}

template <Scalar T>
void Repartition<T>::move(const Side& from, const DistTensor<T>& source, const Side& to, DistTensor<T>& target,
                          bool accumulate) const {
  const auto packed = [](const Side& side, const Piece& piece) {
    return TensorView<T>{side.buffer.data() + piece.offset, piece.box.extent, row_major_strides(piece.box.extent)};
  };
  const Device& device = source.device();
  const TensorView<const T> old_tile = source.local().view();
  const TensorView<T> new_tile = target.local().view();
  // MPI takes what it sends as non-const in Message, and does not write to it.
  const std::vector<Message> sends = messages(from, const_cast<T*>(old_tile.data), true);
  const std::vector<Message> receives = messages(to, new_tile.data, !accumulate);
  for (const Piece& piece : from.pieces) {
    if (piece.place < 0) copy<T>(device, old_tile.subview(piece.box), packed(from, piece));
  }
  PendingMessages pending = DataCollectives(this->communicator()).start(sends, receives);
  if (accumulate && to.stays.volume() < target.local().size()) target.set_zero();
  if (!from.stays.empty()) copy<T>(device, old_tile.subview(from.stays), new_tile.subview(to.stays));
  pending.wait();
  for (const Piece& piece : to.pieces) {
    if (!accumulate && piece.place >= 0) continue;
    const TensorView<T> cells = packed(to, piece);
    const TensorView<const T> arrived{cells.data, cells.extent, cells.strides};
    if (accumulate) {
      add<T>(device, arrived, new_tile.subview(piece.box));
    } else {
      copy<T>(device, arrived, new_tile.subview(piece.box));
    }
  }
}

template <Scalar T>
void Repartition<T>::do_forward(const DistTensor<T>& x, DistTensor<T>& y) const {
  move(outgoing_, x, incoming_, y, false);
}

template <Scalar T>
void Repartition<T>::do_adjoint(const DistTensor<T>& y, DistTensor<T>& x) const {
  move(incoming_, y, outgoing_, x, this->range().partition.grid().replicates());
}

template class Repartition<float>;
template class Repartition<double>;
template class Repartition<std::complex<float>>;
template class Repartition<std::complex<double>>;

}  // namespace tessera
