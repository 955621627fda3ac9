#include "tessera/layers/shared_weight.hpp"

#include <complex>

namespace tessera {

namespace {

/// The ranks of `use` at coordinate 0 of its replicating axes.
Partition owners_of(const Partition& use) {
  const RankGrid& grid = use.grid();
  Shape extents = grid.extents();
  for (std::size_t g = 0; g < extents.size(); ++g) {
    if (grid.cuts()[g] == RankGrid::kReplicate) extents[g] = 1;
  }
  RankGrid owners(extents, grid.cuts());
  std::vector<int> ranks;
  for (Index position = 0; position < owners.size(); ++position) {
    ranks.push_back(use.ranks()[static_cast<std::size_t>(grid.position(owners.coordinates(position)))]);
  }
  return Partition(use.communicator(), std::move(owners), std::move(ranks));
}

}  // namespace

template <Scalar T>
SharedWeight<T>::SharedWeight(std::string name, const Shape& shape, const Partition& use)
    : parameter_(std::move(name), {shape, owners_of(use)}), use_space_{shape, use} {
  if (use.grid().replicates()) {
    broadcast_ = std::make_shared<const Broadcast<T>>(shape, parameter_.value.partition(), use);
  }
}

template <Scalar T>
void SharedWeight<T>::draw_normal(std::uint64_t seed, double deviation) {
  fill_normal(parameter_.value, RandomStream(seed, parameter_.name));
  scale(deviation, parameter_.value);
}

template <Scalar T>
Variable<T> SharedWeight<T>::on(Tape& tape) {
  const Variable<T> own = tape.parameter(parameter_);
  return broadcast_ ? tessera::apply(broadcast_, own) : own;
}

template <Scalar T>
const DistTensor<T>& SharedWeight<T>::use(std::optional<DistTensor<T>>& copy) const {
  if (!broadcast_) return parameter_.value;
  copy = broadcast_->forward(parameter_.value);
  return *copy;
}

template <Scalar T>
void SharedWeight<T>::add_gradient(const DistTensor<T>& gradient) {
  if (broadcast_) {
    axpy(1.0, broadcast_->adjoint(gradient), parameter_.gradient);
  } else {
    axpy(1.0, gradient, parameter_.gradient);
  }
}

template class SharedWeight<float>;
template class SharedWeight<double>;
template class SharedWeight<std::complex<float>>;
template class SharedWeight<std::complex<double>>;

}  // namespace tessera
