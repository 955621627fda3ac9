#pragma once

/// \file
/// The CUDA device a rank computes on. Nothing falls back to the CPU: what needs a device throws where none is usable.
/// CUDA keeps the device per thread, so these functions and all that use a device belong on one thread of a rank.

#include <array>
#include <memory>
#include <string>

#include "tessera/core/event.hpp"
#include "tessera/core/shape.hpp"
#include "tessera/core/stream.hpp"

namespace tessera {

/// One device as CUDA describes it.
struct DeviceProperties {
  int number = 0;  ///< among those this process may use
  std::string name;
  Index bytes = 0;  ///< of its memory
  /// The same for every process that uses the device, on whatever node, and for no other device.
  std::array<Index, 2> identity{};
};

/// Devices this process may use; 0 where none is usable, and why_no_device() then says why. Does not throw.
int device_count();

/// Why device_count() is 0: this build is without CUDA, no driver is installed or it is older than this build needs,
/// the driver finds no device, or what else CUDA reported. Empty where a device is usable.
std::string why_no_device();

/// Throws CudaError, naming `operation` and why_no_device(), where no device is usable.
void require_device(const std::string& operation);

/// Makes device (local_rank mod device_count()) the one this thread computes on and returns its number; `local_rank`
/// counts the ranks of a node, so that they spread over its devices. Memory that buffers give back stays in the pool of
/// that device. To be called before the first Stream. Throws ArgumentError when `local_rank` is negative, CudaError
/// where no device is usable or the device has no memory pools.
int select_device(int local_rank);

/// The device this thread computes on: the one last selected, else the first. Throws CudaError where none is usable.
DeviceProperties current_device();

/// Where a rank keeps its tensors and computes: the CPU, or a CUDA device, with the stream that puts its work in order.
/// Cheap to copy; equal where the work goes on one stream.
class Device {
 public:
  /// The CPU.
  Device() = default;
  static Device cpu() { return {}; }

  /// select_device(local_rank), which this throws what it throws, with a stream of its own.
  static Device cuda(int local_rank = 0);

  bool is_cuda() const noexcept { return queue_ != nullptr; }

  /// Throws ArgumentError on the CPU.
  const Stream& stream() const;

  /// Waits for all work put on the device's stream so far; nothing on the CPU. Throws CudaError when any of it failed,
  /// and what a watch throws.
  void synchronize() const;
  /// The same for what an event marks.
  void synchronize(const Event& event) const;

  /// Asked again and again while the host waits for the device; throws when what is waited for will not come, such as
  /// a message of a rank that is gone.
  class Watch {
   public:
    virtual ~Watch() = default;
    virtual void check() = 0;
  };
  /// From now on, for as long as it lives. Throws ArgumentError on the CPU.
  void add_watch(const std::shared_ptr<Watch>& watch) const;

  friend bool operator==(const Device&, const Device&) = default;

 private:
  struct Queue;
  std::shared_ptr<Queue> queue_;
};

/// "cpu" or "cuda".
std::string to_string(const Device& device);

}  // namespace tessera
