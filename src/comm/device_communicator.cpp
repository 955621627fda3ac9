#include "tessera/comm/device_communicator.hpp"

#include <complex>
#include <vector>

#include "comm/backends/nccl_backend.hpp"
#include "comm/device_transport.hpp"
#include "tessera/core/device_copy.hpp"

namespace tessera {

namespace {

using detail::DeviceReals;

template <Scalar T>
DeviceReals reals(const T* values, Index count) {
  return {const_cast<T*>(values), count * kRealsPerElement<T>, std::same_as<RealPart<T>, double>};
}

template <Scalar T>
std::vector<Index> real_counts(std::span<const Index> counts) {
  std::vector<Index> result(counts.begin(), counts.end());
  for (Index& count : result) count *= kRealsPerElement<T>;
  return result;
}

template <Scalar T>
Index bytes(Index count) {
  return count * static_cast<Index>(sizeof(T));
}

std::string named(const char* operation) { return std::string("DeviceCommunicator::") + operation; }

void check_count(const char* operation, Index count) {
  if (count < 0) {
    throw ArgumentError(named(operation) + ": expected a count of at least 0, got " + std::to_string(count));
  }
}

void check_rank(const char* operation, const char* role, int rank, int size) {
  if (rank < 0 || rank >= size) {
    throw ArgumentError(named(operation) + ": " + role + " " + std::to_string(rank) + " does not exist among " +
                        std::to_string(size) + " ranks");
  }
}

void check_counts(const char* operation, std::span<const Index> counts, int size) {
  if (static_cast<int>(counts.size()) != size) {
    throw ArgumentError(named(operation) + ": expected " + std::to_string(size) + " counts, got " +
                        std::to_string(counts.size()));
  }
  for (const Index count : counts) check_count(operation, count);
}

std::unique_ptr<detail::DeviceTransport> make_transport(DeviceRoute route, const Communicator& communicator) {
  // A duplicate with a ledger of its own: what is sent is booked once, in the program's.
  Communicator ranks(communicator.handle());
  switch (route) {
    case DeviceRoute::nccl: return detail::make_nccl_transport(std::move(ranks));
    case DeviceRoute::mpi_direct: return detail::make_direct_transport(std::move(ranks));
    case DeviceRoute::mpi_staged: break;
  }
  std::unique_ptr<detail::DeviceTransport> staged;
  communicator.together([&] { staged = detail::make_staged_transport(std::move(ranks)); });
  return staged;
}

}  // namespace

DeviceCommunicator::DeviceCommunicator(std::shared_ptr<const Communicator> communicator, DeviceBackend backend)
    : communicator_(std::move(communicator)) {
  communicator_->together([] { require_device("DeviceCommunicator"); });
  choice_ = choose_route(backend, find_device_facts(*communicator_));
  transport_ = make_transport(choice_.route, *communicator_);
}

DeviceCommunicator::DeviceCommunicator(std::shared_ptr<const Communicator> communicator, DeviceChoice choice)
    : communicator_(std::move(communicator)),
      choice_(std::move(choice)),
      transport_(make_transport(choice_.route, *communicator_)) {}

DeviceCommunicator::DeviceCommunicator(DeviceCommunicator&&) noexcept = default;
DeviceCommunicator& DeviceCommunicator::operator=(DeviceCommunicator&&) noexcept = default;
DeviceCommunicator::~DeviceCommunicator() = default;

template <Scalar T>
void DeviceCommunicator::broadcast(const Stream& stream, T* values, Index count, int root) const {
  check_count("broadcast", count);
  check_rank("broadcast", "root", root, size());
  if (size() == 1 || count == 0) return;
  transport_->broadcast(stream, reals(values, count), root);
  communicator_->ledger().record(broadcast_traffic(bytes<T>(count), size(), communicator_->rank() == root));
}

template <Scalar T>
void DeviceCommunicator::sum_to_root(const Stream& stream, T* values, Index count, int root) const {
  check_count("sum_to_root", count);
  check_rank("sum_to_root", "root", root, size());
  if (size() == 1 || count == 0) return;
  transport_->sum_to_root(stream, reals(values, count), root);
  communicator_->ledger().record(sum_to_root_traffic(bytes<T>(count), size(), communicator_->rank() == root));
}

template <Scalar T>
void DeviceCommunicator::all_sum(const Stream& stream, T* values, Index count) const {
  check_count("all_sum", count);
  if (size() == 1 || count == 0) return;
  transport_->all_sum(stream, reals(values, count));
  communicator_->ledger().record(all_sum_traffic(bytes<T>(count), size()));
}

template <Scalar T>
void DeviceCommunicator::reduce_scatter(const Stream& stream, const T* values, T* own,
                                        std::span<const Index> counts) const {
  check_counts("reduce_scatter", counts, size());
  if (size() == 1) return copy_async(stream, counts[0], values, own);
  transport_->reduce_scatter(stream, reals(values, 0), own, real_counts<T>(counts));
  communicator_->ledger().record(reduce_scatter_traffic(counts, sizeof(T), communicator_->rank()));
}

template <Scalar T>
void DeviceCommunicator::all_gather(const Stream& stream, T* values, std::span<const Index> counts) const {
  check_counts("all_gather", counts, size());
  if (size() == 1) return;
  transport_->all_gather(stream, reals(values, 0), real_counts<T>(counts));
  communicator_->ledger().record(all_gather_traffic(counts, sizeof(T), communicator_->rank()));
}

void DeviceCommunicator::exchange(const Stream& stream, std::span<const Message> sends,
                                  std::span<const Message> receives) const {
  for (const auto& list : {sends, receives}) {
    for (const Message& message : list) {
      check_count("exchange", message.bytes);
      check_rank("exchange", "peer", message.peer, size());
      if (message.peer == communicator_->rank()) {
        throw ArgumentError(named("exchange") + ": rank " + std::to_string(message.peer) + " to itself");
      }
    }
  }
  if (sends.empty() && receives.empty()) return;
  transport_->exchange(stream, sends, receives);
  for (const Message& message : sends) communicator_->ledger().record(message.bytes, message.bytes > 0 ? 1 : 0);
}

void DeviceCommunicator::wait(const Stream& stream) const { transport_->wait(stream); }

std::shared_ptr<Device::Watch> DeviceCommunicator::watch() const {
  return choice_.route == DeviceRoute::nccl ? transport_ : nullptr;
}

#define TESSERA_INSTANTIATE(T)                                                                                    \
  template void DeviceCommunicator::broadcast<T>(const Stream&, T*, Index, int) const;                            \
  template void DeviceCommunicator::sum_to_root<T>(const Stream&, T*, Index, int) const;                          \
  template void DeviceCommunicator::all_sum<T>(const Stream&, T*, Index) const;                                   \
  template void DeviceCommunicator::reduce_scatter<T>(const Stream&, const T*, T*, std::span<const Index>) const; \
  template void DeviceCommunicator::all_gather<T>(const Stream&, T*, std::span<const Index>) const;
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::complex<float>)
TESSERA_INSTANTIATE(std::complex<double>)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
