#pragma once

/// \file
/// Local tensors: an owner and a strided view.

#include <string>

#include "tessera/core/error.hpp"
#include "tessera/core/scalar.hpp"
#include "tessera/core/shape.hpp"
#include "tessera/core/storage.hpp"

namespace tessera {

/// Non-owning strided view of local memory: element i is data[sum_a i_a strides_a].
template <class T>
struct TensorView {
  T* data;
  Shape extent;
  Shape strides;

  /// The part of this view inside `box`, whose start is relative to the view's own origin.
  TensorView subview(const Box& box) const {
    TensorView part{data, box.extent, strides};
    for (std::size_t axis = 0; axis < box.start.size(); ++axis) part.data += box.start[axis] * strides[axis];
    return part;
  }
};

/// destination = source, element by element, both in memory of `device`. Throws ShapeError when the extents differ.
template <class T>
void copy(const Device& device, const TensorView<const T>& source, const TensorView<T>& destination);
/// The same in the host's memory.
template <class T>
void copy(const TensorView<const T>& source, const TensorView<T>& destination) {
  copy(Device::cpu(), source, destination);
}
/// destination += source, element by element, both in memory of `device`.
template <class T>
void add(const Device& device, const TensorView<const T>& source, const TensorView<T>& destination);

/// Owning, contiguous, row-major local tensor in memory of a device. Move-only; contents are unspecified until written
/// (see zeros). Single elements can be reached on the CPU alone (see host_values.hpp).
template <class T>
class Tensor {
 public:
  Tensor() = default;
  explicit Tensor(Shape shape, const Device& device = {}) : shape_(std::move(shape)), buffer_(device, volume(shape_)) {}
  static Tensor zeros(Shape shape, const Device& device = {}) {
    Tensor result(std::move(shape), device);
    result.set_zero();
    return result;
  }

  const Shape& shape() const noexcept { return shape_; }
  const Device& device() const noexcept { return buffer_.device(); }
  Index size() const noexcept { return buffer_.size(); }
  T* data() noexcept { return buffer_.data(); }
  const T* data() const noexcept { return buffer_.data(); }
  T& operator[](Index i) noexcept { return buffer_.data()[i]; }
  const T& operator[](Index i) const noexcept { return buffer_.data()[i]; }
  T* begin() noexcept { return data(); }
  T* end() noexcept { return data() + size(); }
  const T* begin() const noexcept { return data(); }
  const T* end() const noexcept { return data() + size(); }

  TensorView<T> view() { return {data(), shape_, row_major_strides(shape_)}; }
  TensorView<const T> view() const { return {data(), shape_, row_major_strides(shape_)}; }

  void set_zero();
  /// On the same device.
  Tensor clone() const;
  /// A copy in memory of another device (or the same). Waits for it.
  Tensor to(const Device& device) const;

 private:
  Shape shape_{0};
  Storage<T> buffer_;
};

}  // namespace tessera
