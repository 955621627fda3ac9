#include "tessera/comm/data_collectives.hpp"

#include <complex>

#include "tessera/comm/device_communicator.hpp"

namespace tessera {

namespace {

/// host(communicator) on the CPU, device(collectives, stream) on CUDA.
template <class OnCpu, class OnCuda>
void dispatch(const Communicator& communicator, OnCpu&& on_cpu, OnCuda&& on_cuda) {
  if (communicator.device().is_cuda()) {
    on_cuda(communicator.device_data(), communicator.device().stream());
  } else {
    on_cpu(communicator);
  }
}

}  // namespace

template <Scalar T>
void DataCollectives::broadcast(T* values, Index count, int root) const {
  dispatch(
      communicator_, [&](const Communicator& ranks) { ranks.broadcast(values, count, root); },
      [&](const DeviceCommunicator& ranks, const Stream& stream) { ranks.broadcast(stream, values, count, root); });
}

template <Scalar T>
void DataCollectives::sum_to_root(T* values, Index count, int root) const {
  dispatch(
      communicator_, [&](const Communicator& ranks) { ranks.sum_to_root(values, count, root); },
      [&](const DeviceCommunicator& ranks, const Stream& stream) { ranks.sum_to_root(stream, values, count, root); });
}

template <Scalar T>
void DataCollectives::all_sum(T* values, Index count) const {
  dispatch(
      communicator_, [&](const Communicator& ranks) { ranks.all_sum(values, count); },
      [&](const DeviceCommunicator& ranks, const Stream& stream) { ranks.all_sum(stream, values, count); });
}

template <Scalar T>
void DataCollectives::reduce_scatter(const T* values, T* own, std::span<const Index> counts) const {
  dispatch(
      communicator_, [&](const Communicator& ranks) { ranks.reduce_scatter(values, own, counts); },
      [&](const DeviceCommunicator& ranks, const Stream& stream) {
        ranks.reduce_scatter(stream, values, own, counts);
      });
}

template <Scalar T>
void DataCollectives::all_gather(T* values, std::span<const Index> counts) const {
  dispatch(
      communicator_, [&](const Communicator& ranks) { ranks.all_gather(values, counts); },
      [&](const DeviceCommunicator& ranks, const Stream& stream) { ranks.all_gather(stream, values, counts); });
}

PendingMessages DataCollectives::start(std::span<const Message> sends, std::span<const Message> receives) const {
  PendingMessages pending;
  dispatch(
      communicator_, [&](const Communicator& ranks) { pending = ranks.start(sends, receives); },
      [&](const DeviceCommunicator& ranks, const Stream& stream) { ranks.exchange(stream, sends, receives); });
  return pending;
}

#define TESSERA_INSTANTIATE(T)                                                                  \
  template void DataCollectives::broadcast<T>(T*, Index, int) const;                            \
  template void DataCollectives::sum_to_root<T>(T*, Index, int) const;                          \
  template void DataCollectives::all_sum<T>(T*, Index) const;                                   \
  template void DataCollectives::reduce_scatter<T>(const T*, T*, std::span<const Index>) const; \
  template void DataCollectives::all_gather<T>(T*, std::span<const Index>) const;
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::complex<float>)
TESSERA_INSTANTIATE(std::complex<double>)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
