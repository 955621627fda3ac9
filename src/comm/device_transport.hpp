#pragma once

/// \file
/// What a DeviceCommunicator asks of the route it has chosen.

#include <memory>
#include <span>

#include "tessera/comm/communicator.hpp"
#include "tessera/core/device.hpp"
#include "tessera/core/scalar.hpp"
#include "tessera/core/stream.hpp"

namespace tessera::detail {

/// `count` reals in device memory; complex numbers are two each.
struct DeviceReals {
  void* data;
  Index count;
  bool is_double;
};

/// Calls body(T*) with the data as float or double.
template <class Body>
void with_type(const DeviceReals& values, Body&& body) {
  if (values.is_double) {
    body(static_cast<double*>(values.data));
  } else {
    body(static_cast<float*>(values.data));
  }
}

/// The operations of DeviceCommunicator for two ranks and more, arguments checked, sends accounted for.
class DeviceTransport : public Device::Watch {
 public:
  DeviceTransport() = default;
  DeviceTransport(const DeviceTransport&) = delete;
  DeviceTransport& operator=(const DeviceTransport&) = delete;
  ~DeviceTransport() override = default;

  virtual void broadcast(const Stream& stream, const DeviceReals& values, int root) = 0;
  virtual void sum_to_root(const Stream& stream, const DeviceReals& values, int root) = 0;
  virtual void all_sum(const Stream& stream, const DeviceReals& values) = 0;
  /// `values` is only read; `counts` are of reals.
  virtual void reduce_scatter(const Stream& stream, const DeviceReals& values, void* own,
                              std::span<const Index> counts) = 0;
  virtual void all_gather(const Stream& stream, const DeviceReals& values, std::span<const Index> counts) = 0;
  virtual void exchange(const Stream& stream, std::span<const Message> sends, std::span<const Message> receives) = 0;
  virtual void wait(const Stream& stream) = 0;
  /// Throws when an operation will not come to its end. MPI's have, when they return.
  void check() override {}
};

/// MPI on device pointers, for an MPI that was seen to take them. `communicator` becomes the transport's.
std::unique_ptr<DeviceTransport> make_direct_transport(Communicator communicator);

/// MPI on copies in pinned host memory.
std::unique_ptr<DeviceTransport> make_staged_transport(Communicator communicator);

}  // namespace tessera::detail
