#pragma once

/// \file
/// The collectives of Communicator for data in device memory.

#include <memory>
#include <span>

#include "tessera/comm/communicator.hpp"
#include "tessera/comm/device_backend.hpp"
#include "tessera/core/scalar.hpp"
#include "tessera/core/stream.hpp"

namespace tessera {

namespace detail {
class DeviceTransport;
}

/// Moves data in device memory between the ranks of a Communicator: through NCCL, or through MPI, on device pointers or
/// on copies in pinned host memory (see choose_route). Move-only.
///
/// Operations take their place in the order of a stream: they use what earlier work on it has left, and later work on
/// it finds the result. NCCL's return at once; MPI's keep the host until MPI has done its part. Whatever the route,
/// wait for results with `wait`, which notices when another rank fails. All ranks use the same operations in the same
/// order, one thread each, and pass memory of the device that was current at construction.
///
/// Counts are 64-bit. T: float, double and their complex types. What is sent is booked in the communicator's ledger as
/// Communicator does it. Members are collective unless they say otherwise. They throw ArgumentError for counts, roots
/// and peers that do not exist, MpiError, CudaError, or NcclError with the rank that saw the failure; after an
/// NcclError the object is of no more use, and each further call repeats the error.
class DeviceCommunicator {
 public:
  /// Every rank computes on its current device (see select_device). Throws CudaError, the same on all ranks, where one
  /// of them has none, and NcclError where NCCL is asked for in vain.
  explicit DeviceCommunicator(std::shared_ptr<const Communicator> communicator,
                              DeviceBackend backend = DeviceBackend::automatic);
  /// By a route that has been chosen for these ranks, or for more of them.
  DeviceCommunicator(std::shared_ptr<const Communicator> communicator, DeviceChoice choice);
  DeviceCommunicator(DeviceCommunicator&&) noexcept;
  DeviceCommunicator& operator=(DeviceCommunicator&&) noexcept;
  ~DeviceCommunicator();

  const Communicator& communicator() const noexcept { return *communicator_; }
  /// The route taken, and why. Local.
  const DeviceChoice& choice() const noexcept { return choice_; }

  template <Scalar T>
  void broadcast(const Stream& stream, T* values, Index count, int root) const;
  /// Element-wise sum over ranks, left on `root` in place; other ranks' values are unchanged.
  template <Scalar T>
  void sum_to_root(const Stream& stream, T* values, Index count, int root) const;
  /// Element-wise sum over ranks, in place on every rank.
  template <Scalar T>
  void all_sum(const Stream& stream, T* values, Index count) const;
  /// Element-wise sum over ranks of `values`, a piece of counts[r] elements for every rank r in rank order:
  /// own[i] = sum over ranks of element i of this rank's piece. `own` lies outside `values`, which stays as it is.
  template <Scalar T>
  void reduce_scatter(const Stream& stream, const T* values, T* own, std::span<const Index> counts) const;
  /// Before: this rank's piece is in its place in `values`, laid out like that of reduce_scatter. After: everybody's.
  template <Scalar T>
  void all_gather(const Stream& stream, T* values, std::span<const Index> counts) const;

  /// Messages of device memory, under the rules of Communicator::exchange. Only the ranks named in messages take part.
  void exchange(const Stream& stream, std::span<const Message> sends, std::span<const Message> receives) const;

  /// Waits for everything put on the stream so far. Where NCCL meanwhile reports a failure of another rank or of the
  /// network, its operations are aborted and NcclError is thrown: no rank hangs for one that is gone. Local.
  void wait(const Stream& stream) const;
  /// What notices such a failure, for Device::add_watch: waiting for that device is then as safe as `wait`. Null where
  /// nothing can fail behind the host's back. Local.
  std::shared_ptr<Device::Watch> watch() const;

 private:
  int size() const noexcept { return communicator_->size(); }

  std::shared_ptr<const Communicator> communicator_;
  DeviceChoice choice_;
  std::shared_ptr<detail::DeviceTransport> transport_;
};

}  // namespace tessera
