#include "tessera/primitives/send_receive.hpp"

#include <algorithm>
#include <complex>

#include "tessera/core/storage.hpp"

namespace tessera {

namespace {

/// The rank of `others` at the position that `mine` gives this rank, -1 without one.
int partner(const Partition& mine, const Partition& others) {
  const Index position = mine.position();
  return position < 0 ? -1 : others.ranks()[static_cast<std::size_t>(position)];
}

}  // namespace

template <Scalar T>
SendReceive<T>::SendReceive(const Shape& shape, const Partition& source, const Partition& target, std::string name)
    : LinearOperator<T>(std::move(name), {shape, source}, {shape, target}),
      is_source_(source.active()),
      is_target_(target.active()) {
  if (!(source.grid() == target.grid())) {
    throw PartitionError(this->name() + ": tiles go to tiles, but the source is " + to_string(source) +
                         " and the target " + to_string(target));
  }
  for (const int rank : source.ranks()) {
    if (target.position(rank) >= 0) {
      throw PartitionError(this->name() + ": rank " + std::to_string(rank) + " is in both the source and the target");
    }
  }
  partner_ = is_source_ ? partner(source, target) : partner(target, source);
}

template <Scalar T>
void SendReceive<T>::send(const DistTensor<T>& tensor) const {
  if (tensor.local_size() == 0) return;
  auto free = std::find_if(sent_.begin(), sent_.end(), [](Sent& sent) { return sent.message.done(); });
  if (free == sent_.end()) free = sent_.emplace(sent_.end());
  free->tile.require(tensor.device(), tensor.local_size());
  copy_values<T>(tensor.device(), tensor.local_size(), tensor.data(), free->tile.data());
  const Message message{partner_, free->tile.data(), tensor.local_size() * static_cast<Index>(sizeof(T))};
  free->message = this->communicator().start({&message, 1}, {});
}

template <Scalar T>
void SendReceive<T>::receive(DistTensor<T>& tensor) const {
  if (tensor.local_size() == 0) return;
  const bool on_device = tensor.device().is_cuda();
  if (on_device) received_.require(tensor.device(), tensor.local_size());
  T* values = on_device ? received_.data() : tensor.data();
  const Message message{partner_, values, tensor.local_size() * static_cast<Index>(sizeof(T))};
  this->communicator().start({}, {&message, 1}).wait();
  if (on_device) copy_values<T>(tensor.device(), tensor.local_size(), values, tensor.data());
}

template <Scalar T>
void SendReceive<T>::progress() const {
  for (Sent& sent : sent_) sent.message.done();
}

template <Scalar T>
void SendReceive<T>::do_forward(const DistTensor<T>& x, DistTensor<T>& y) const {
  if (is_source_) send(x);
  if (is_target_) receive(y);
}

template <Scalar T>
void SendReceive<T>::do_adjoint(const DistTensor<T>& y, DistTensor<T>& x) const {
  if (is_target_) send(y);
  if (is_source_) receive(x);
}

template <Scalar T>
const Communicator& SendReceive<T>::participants() const {
  return this->communicator().among({this->communicator().rank()});
}

template class SendReceive<float>;
template class SendReceive<double>;
template class SendReceive<std::complex<float>>;
template class SendReceive<std::complex<double>>;

}  // namespace tessera
