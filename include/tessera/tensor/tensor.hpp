#pragma once

/// \file
/// Local tensors: an owner and a strided view.

#include <string>

#include "tessera/core/buffer.hpp"
#include "tessera/core/error.hpp"
#include "tessera/core/scalar.hpp"
#include "tessera/core/shape.hpp"

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

/// destination = source, element by element. Throws ShapeError when the extents differ.
template <class T>
void copy(const TensorView<const T>& source, const TensorView<T>& destination);
/// destination += source, element by element.
template <class T>
void add(const TensorView<const T>& source, const TensorView<T>& destination);

/// Owning, contiguous, row-major local tensor. Move-only; contents are unspecified until written (see zeros).
template <class T>
class Tensor {
 public:
  Tensor() = default;
  explicit Tensor(Shape shape) : shape_(std::move(shape)), buffer_(volume(shape_)) {}
  static Tensor zeros(Shape shape) {
    Tensor result(std::move(shape));
    result.set_zero();
    return result;
  }

  const Shape& shape() const noexcept { return shape_; }
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
  Tensor clone() const;

 private:
  Shape shape_{0};
  Buffer<T> buffer_;
};

}  // namespace tessera
