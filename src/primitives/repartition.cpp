#include "tessera/primitives/repartition.hpp"

#include <complex>

namespace tessera {

namespace {

Box relative_to(const Box& box, const Box& origin) {
  Box result = box;
  for (std::size_t axis = 0; axis < box.start.size(); ++axis) result.start[axis] -= origin.start[axis];
  return result;
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
  const Box mine_before = source.tile(shape);
  const Box mine_after = target.tile(shape);
  stays_ = intersect(mine_before, mine_after);
  add_pieces(mine_before, this->range(), outgoing_);
  add_pieces(mine_after, this->domain(), incoming_);
}

template <Scalar T>
void Repartition<T>::add_pieces(const Box& mine, const TensorSpace& other_space, Side& side) {
  const Partition& others = other_space.partition;
  for (Index position = 0; position < others.size(); ++position) {
    const int rank = others.ranks()[static_cast<std::size_t>(position)];
    if (rank == this->communicator().rank()) continue;
    const Box shared = intersect(mine, others.grid().tile(other_space.shape, position));
    if (shared.empty()) continue;
    side.pieces.push_back({rank, shared, side.elements});
    side.elements += shared.volume();
  }
}

template <Scalar T>
void Repartition<T>::move(const Side& from, const DistTensor<T>& source, const Side& to, DistTensor<T>& target,
                          bool accumulate) const {
  from.buffer.require(from.elements);
  to.buffer.require(to.elements);
  const auto packed = [](const Side& side, const Piece& piece) {
    return TensorView<T>{side.buffer.data() + piece.offset, piece.box.extent, row_major_strides(piece.box.extent)};
  };
  const auto messages = [](const Side& side) {
    std::vector<Message> list;
    for (const Piece& piece : side.pieces) {
      list.push_back(
          {piece.rank, side.buffer.data() + piece.offset, piece.box.volume() * static_cast<Index>(sizeof(T))});
    }
    return list;
  };
  for (const Piece& piece : from.pieces) {
    copy<T>(source.local().view().subview(relative_to(piece.box, source.box())), packed(from, piece));
  }
  this->communicator().exchange(messages(from), messages(to));

  if (accumulate) target.set_zero();
  const auto arrive = [&](const TensorView<const T>& cells, const Box& box) {
    const TensorView<T> place = target.local().view().subview(relative_to(box, target.box()));
    if (accumulate) {
      add<T>(cells, place);
    } else {
      copy<T>(cells, place);
    }
  };
  if (!stays_.empty()) arrive(source.local().view().subview(relative_to(stays_, source.box())), stays_);
  for (const Piece& piece : to.pieces) {
    const TensorView<T> cells = packed(to, piece);
    arrive({cells.data, cells.extent, cells.strides}, piece.box);
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
