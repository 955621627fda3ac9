#include "tessera/primitives/all_sum.hpp"

#include <complex>

#include "tessera/comm/data_collectives.hpp"

namespace tessera {

namespace {

std::vector<int> summed_axes(const RankGrid& grid, std::vector<int> axes) {
  const auto count = static_cast<int>(grid.extents().size());
  if (axes.empty()) {
    for (int axis = 0; axis < count; ++axis) {
      if (grid.cuts()[static_cast<std::size_t>(axis)] == RankGrid::kReplicate) axes.push_back(axis);
    }
  }
  for (const int axis : axes) {
    if (axis < 0 || axis >= count || grid.cuts()[static_cast<std::size_t>(axis)] != RankGrid::kReplicate) {
      throw PartitionError("AllSum: grid axis " + std::to_string(axis) + " of partition " + to_string(grid) +
                           " does not replicate");
    }
  }
  return axes;
}

}  // namespace

template <Scalar T>
AllSum<T>::AllSum(const TensorSpace& space, std::vector<int> axes)
    : LinearOperator<T>("AllSum", space, space), group_([&] {
        const RankGrid& grid = space.partition.grid();
        const auto summed = summed_axes(grid, std::move(axes));
        const Index here = space.partition.position();
        if (here < 0) return this->communicator().split(-1, 0);
        Shape coordinates = grid.coordinates(here);
        for (const int axis : summed) coordinates[static_cast<std::size_t>(axis)] = 0;
        return this->communicator().split(static_cast<int>(grid.position(coordinates)), static_cast<int>(here));
      }()) {}

template <Scalar T>
void AllSum<T>::do_forward(const DistTensor<T>& x, DistTensor<T>& y) const {
  if (!group_.valid()) return;
  copy<T>(y.device(), x.local().view(), y.local().view());
  DataCollectives(group_).all_sum(y.data(), y.local_size());
}

template class AllSum<float>;
template class AllSum<double>;
template class AllSum<std::complex<float>>;
template class AllSum<std::complex<double>>;

}  // namespace tessera
