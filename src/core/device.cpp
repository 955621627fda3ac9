#include "tessera/core/device.hpp"

#include <thread>
#include <vector>

#include "core/backends/device_backend.hpp"
#include "tessera/core/error.hpp"

namespace tessera {

void require_device(const std::string& operation) {
  const std::string reason = why_no_device();
  if (!reason.empty()) throw CudaError(operation + ": no CUDA device is usable: " + reason);
}

int select_device(int local_rank) {
  if (local_rank < 0) {
    throw ArgumentError("select_device: expected a local rank of at least 0, got " + std::to_string(local_rank));
  }
  require_device("select_device");
  const int device = local_rank % device_count();
  detail::use_device(device);
  return device;
}

struct Device::Queue {
  Stream stream;
  std::vector<std::weak_ptr<Watch>> watches;

  /// Returns once `done()`, asking the watches meanwhile; `wait` where there are none.
  template <class Done, class Wait>
  void wait_until(Done&& done, Wait&& wait) {
    std::erase_if(watches, [](const auto& watch) { return watch.expired(); });
    if (watches.empty()) return wait();
    while (!done()) {
      for (const auto& watch : watches) {
        if (const auto living = watch.lock()) living->check();
      }
      std::this_thread::yield();
    }
  }
};

Device Device::cuda(int local_rank) {
  select_device(local_rank);
  Device device;
  device.queue_ = std::make_shared<Queue>();
  return device;
}

const Stream& Device::stream() const {
  if (queue_ == nullptr) throw ArgumentError("Device::stream: the CPU has none");
  return queue_->stream;
}

void Device::synchronize() const {
  if (queue_ == nullptr) return;
  const Stream& own = queue_->stream;
  queue_->wait_until([&] { return own.done(); }, [&] { own.synchronize(); });
}

void Device::synchronize(const Event& event) const {
  if (queue_ == nullptr) return;
  queue_->wait_until([&] { return event.done(); }, [&] { event.wait(); });
}

void Device::add_watch(const std::shared_ptr<Watch>& watch) const {
  if (queue_ == nullptr) throw ArgumentError("Device::add_watch: nothing is waited for on the CPU");
  queue_->watches.push_back(watch);
}

std::string to_string(const Device& device) { return device.is_cuda() ? "cuda" : "cpu"; }

}  // namespace tessera
