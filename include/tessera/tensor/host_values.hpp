#pragma once

/// \file
/// A local tensor's values in the host's memory, wherever the tensor is.

#include <optional>

#include "tessera/tensor/tensor.hpp"

namespace tessera {

/// Values to be read on the host: the tensor's own on the CPU, a copy of those on a CUDA device, as they are at
/// construction. The tensor must outlive this.
template <class T>
class HostInput {
 public:
  explicit HostInput(const Tensor<T>& tensor) : tensor_(tensor) {
    if (tensor.device().is_cuda()) copy_.emplace(tensor.to(Device::cpu()));
  }

  const T* data() const noexcept { return copy_ ? copy_->data() : tensor_.data(); }
  Index size() const noexcept { return tensor_.size(); }

 private:
  const Tensor<T>& tensor_;
  std::optional<Tensor<T>> copy_;
};

/// Values to be written on the host: into the tensor itself on the CPU, into memory whose contents `store` brings to a
/// CUDA device. The tensor must outlive this.
template <class T>
class HostOutput {
 public:
  /// Contents are unspecified on a CUDA device.
  explicit HostOutput(Tensor<T>& tensor) : tensor_(tensor) {
    if (tensor.device().is_cuda()) values_.emplace(tensor.shape());
  }

  T* data() noexcept { return values_ ? values_->data() : tensor_.data(); }
  Index size() const noexcept { return tensor_.size(); }

  /// To be called when everything is written. Waits for the device.
  void store() {
    if (values_) copy_values<T>(tensor_.device(), tensor_.size(), values_->data(), tensor_.data());
  }

 private:
  Tensor<T>& tensor_;
  std::optional<Tensor<T>> values_;
};

}  // namespace tessera
