#include "tessera/comm/communicator.hpp"
#include "tessera/comm/device_communicator.hpp"

namespace tessera {

Communicator Communicator::on(const Device& device, DeviceBackend backend) const {
  const int cuda = device.is_cuda() ? 1 : 0;
  if (all_max(cuda) != all_min(cuda)) {
    throw ArgumentError("Communicator::on: some ranks compute on the CPU, others on CUDA devices");
  }
  Communicator result = duplicate();
  result.device_ = device;
  result.choice_ = nullptr;
  result.device_data_ = nullptr;
  if (device.is_cuda()) {
    result.choice_ = std::make_shared<const DeviceChoice>(choose_route(backend, find_device_facts(result)));
    // Now, while all ranks are here: messages are between some of them.
    result.device_data();
  }
  return result;
}

const DeviceCommunicator& Communicator::device_data() const {
  if (!device_.is_cuda()) throw ArgumentError("Communicator::device_data: tensors of this communicator are on the CPU");
  if (!device_data_) {
    device_data_ =
        std::make_unique<const DeviceCommunicator>(std::make_shared<const Communicator>(duplicate()), *choice_);
    if (const auto watch = device_data_->watch()) device_.add_watch(watch);
  }
  return *device_data_;
}

}  // namespace tessera
