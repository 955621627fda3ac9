#pragma once

/// \file
/// Access to a tensor box by box, wherever it is kept: for computations that never hold all of it.

#include "tessera/tensor/dist_tensor.hpp"

namespace tessera {

/// Values of a tensor of a global shape, read one box at a time into the host's memory. Reading is local: not
/// collective, by one thread of a rank at a time.
template <RealScalar T>
class FieldReader {
 public:
  virtual ~FieldReader() = default;
  virtual const Shape& shape() const = 0;
  /// Fills values (row-major, box.extent) with the box, given in global indices. Throws ShapeError when the box is not
  /// within reach of this rank, IoError when a file cannot be read.
  virtual void read(const Box& box, T* values) const = 0;
};

/// Where the values of a tensor go, one box at a time; every cell is written once. Local, like FieldReader.
template <RealScalar T>
class FieldWriter {
 public:
  virtual ~FieldWriter() = default;
  virtual const Shape& shape() const = 0;
  virtual void write(const Box& box, const T* values) = 0;
};

/// Boxes of this rank's tile of a distributed tensor, which must outlive the reader.
template <RealScalar T>
class TensorReader final : public FieldReader<T> {
 public:
  explicit TensorReader(const DistTensor<T>& tensor) : tensor_(tensor) {}
  const Shape& shape() const override { return tensor_.shape(); }
  void read(const Box& box, T* values) const override;
  const DistTensor<T>& tensor() const noexcept { return tensor_; }

 private:
  const DistTensor<T>& tensor_;
};

/// Boxes into this rank's tile of a distributed tensor, which must outlive the writer.
template <RealScalar T>
class TensorWriter final : public FieldWriter<T> {
 public:
  explicit TensorWriter(DistTensor<T>& tensor) : tensor_(tensor) {}
  const Shape& shape() const override { return tensor_.shape(); }
  void write(const Box& box, const T* values) override;
  DistTensor<T>& tensor() const noexcept { return tensor_; }

 private:
  DistTensor<T>& tensor_;
};

}  // namespace tessera
