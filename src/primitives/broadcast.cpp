#include "tessera/primitives/broadcast.hpp"

#include <algorithm>
#include <complex>

#include "tessera/comm/data_collectives.hpp"

namespace tessera {

namespace {

/// Extent of grid axis `axis` of the target in the source, counted from the last axis; 1 where the source has no axis.
Index aligned_extent(const RankGrid& source, const RankGrid& target, std::size_t axis) {
  const std::size_t missing = target.extents().size() - source.extents().size();
  return axis < missing ? 1 : source.extents()[axis - missing];
}

void check_alignment(const RankGrid& source, const RankGrid& target) {
  bool aligned = source.extents().size() <= target.extents().size();
  for (std::size_t axis = 0; aligned && axis < target.extents().size(); ++axis) {
    const Index extent = aligned_extent(source, target, axis);
    aligned = extent == 1 || extent == target.extents()[axis];
  }
  if (!aligned) {
    throw PartitionError("Broadcast: the source grid " + to_string(source.extents()) +
                         " must have the length of the target grid " + to_string(target.extents()) +
                         ", or 1, on every axis counted from the last");
  }
}

/// The target with the source's cuts where the lengths agree and copies elsewhere.
Partition range_partition(const Partition& source, const Partition& target) {
  check_alignment(source.grid(), target.grid());
  std::vector<int> cuts(target.grid().extents().size(), RankGrid::kReplicate);
  const std::size_t missing = cuts.size() - source.grid().extents().size();
  for (std::size_t axis = missing; axis < cuts.size(); ++axis) {
    if (source.grid().extents()[axis - missing] == target.grid().extents()[axis]) {
      cuts[axis] = source.grid().cuts()[axis - missing];
    }
  }
  return target.with_grid(RankGrid(target.grid().extents(), cuts));
}

/// Source position whose tile the target position receives.
Index source_position(const RankGrid& source, const RankGrid& target, Index position) {
  const Shape coordinates = target.coordinates(position);
  const std::size_t missing = coordinates.size() - source.extents().size();
  Shape own(source.extents().size());
  for (std::size_t axis = 0; axis < own.size(); ++axis) {
    own[axis] = source.extents()[axis] == 1 ? 0 : coordinates[axis + missing];
  }
  return source.position(own);
}

/// Ranks of the group of each source position, the source rank first.
std::vector<std::vector<int>> group_ranks(const Partition& source, const Partition& target) {
  std::vector<std::vector<int>> groups;
  for (const int rank : source.ranks()) groups.push_back({rank});
  for (Index position = 0; position < target.size(); ++position) {
    auto& group = groups[static_cast<std::size_t>(source_position(source.grid(), target.grid(), position))];
    const int rank = target.ranks()[static_cast<std::size_t>(position)];
    if (rank != group.front()) group.push_back(rank);
  }
  return groups;
}

}  // namespace

template <Scalar T>
Broadcast<T>::Broadcast(const Shape& shape, const Partition& source, const Partition& target)
    : LinearOperator<T>("Broadcast", {shape, source}, {shape, range_partition(source, target)}) {
  const int me = this->communicator().rank();
  const Index here = target.position();
  const auto groups = group_ranks(source, target);
  for (std::size_t s = 0; s < groups.size(); ++s) {
    if (std::find(groups[s].begin(), groups[s].end(), me) == groups[s].end()) continue;
    const bool is_target = here >= 0 && source_position(source.grid(), target.grid(), here) == static_cast<Index>(s);
    groups_.push_back(
        {this->communicator().subgroup(groups[s], static_cast<int>(s)), groups[s].front() == me, is_target});
  }
}

template <Scalar T>
void Broadcast<T>::do_forward(const DistTensor<T>& x, DistTensor<T>& y) const {
  for (const Group& group : groups_) {
    if (group.is_source && group.is_target) copy<T>(y.device(), x.local().view(), y.local().view());
    // MPI takes the root's buffer without const but only reads it.
    T* values = group.is_target ? y.data() : const_cast<T*>(x.data());
    DataCollectives(group.ranks).broadcast(values, group.is_target ? y.local_size() : x.local_size(), 0);
  }
}

template <Scalar T>
void Broadcast<T>::do_adjoint(const DistTensor<T>& y, DistTensor<T>& x) const {
  for (const Group& group : groups_) {
    if (!group.is_source) {
      // A reduction only reads what a non-root rank contributes.
      DataCollectives(group.ranks).sum_to_root(const_cast<T*>(y.data()), y.local_size(), 0);
      continue;
    }
    if (group.is_target) {
      copy<T>(x.device(), y.local().view(), x.local().view());
    } else {
      x.set_zero();
    }
    DataCollectives(group.ranks).sum_to_root(x.data(), x.local_size(), 0);
  }
}

template class Broadcast<float>;
template class Broadcast<double>;
template class Broadcast<std::complex<float>>;
template class Broadcast<std::complex<double>>;

}  // namespace tessera
