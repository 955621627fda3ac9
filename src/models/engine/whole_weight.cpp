#include "models/engine/whole_weight.hpp"

#include "tessera/primitives/broadcast.hpp"
#include "tessera/primitives/repartition.hpp"
#include "tessera/tensor/host_values.hpp"

namespace tessera::engine {

template <RealScalar T>
WholeWeight<T>::WholeWeight(Parameter<T>& parameter, const Partition& ranks) : parameter_(&parameter) {
  const Partition& owners = parameter.value.partition();
  const Shape& shape = parameter.value.shape();
  if (ranks.size() == 1) return;
  const Shape& extents = ranks.grid().extents();
  const Partition everywhere =
      ranks.with_grid(RankGrid(extents, std::vector<int>(extents.size(), RankGrid::kReplicate)));
  // A single owner hands it down a tree; several send their tiles.
  if (owners.size() == 1) {
    copy_ = std::make_shared<const Broadcast<T>>(shape, owners, everywhere);
  } else {
    copy_ = std::make_shared<const Repartition<T>>(shape, owners, everywhere, "Weights");
  }
}

template <RealScalar T>
const T* WholeWeight<T>::fetch() {
  if (!copy_) return parameter_->value.data();
  if (!whole_) whole_.emplace(copy_->range());
  copy_->forward_into(parameter_->value, *whole_);
  return whole_->data();
}

template <RealScalar T>
void WholeWeight<T>::add_gradient(const double* gradient) {
  DistTensor<T> mine(copy_ ? copy_->range() : parameter_->value.space());
  HostOutput<T> values(mine.local());
  for (Index i = 0; i < mine.local_size(); ++i) values.data()[i] = static_cast<T>(gradient[i]);
  values.store();
  if (copy_) mine = copy_->adjoint(mine);
  axpy(1.0, mine, parameter_->gradient);
}

template class WholeWeight<float>;
template class WholeWeight<double>;

}  // namespace tessera::engine
