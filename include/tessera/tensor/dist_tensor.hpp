#pragma once

/// \file
/// Tensors spread over ranks, and the vector spaces they live in.

#include <string>
#include <utility>

#include "tessera/core/random.hpp"
#include "tessera/tensor/host_values.hpp"
#include "tessera/tensor/partition.hpp"
#include "tessera/tensor/tensor.hpp"

namespace tessera {

/// The vector space of tensors of one global shape on one partition. Along a replicating grid axis every rank's copy
/// is a variable of its own, so the space's inner product counts each copy.
struct TensorSpace {
  Shape shape;
  Partition partition;

  Box tile() const { return partition.tile(shape); }
  friend bool operator==(const TensorSpace&, const TensorSpace&) = default;
};

/// "[1, 20, 32, 32] on 1x1x2x1 (cuts axes 0, 1, 2, 3)"
std::string to_string(const TensorSpace& space);

/// A global tensor of which this rank holds one tile, in memory of the communicator's device. Move-only.
template <class T>
class DistTensor {
 public:
  /// Allocates this rank's tile, contents unspecified.
  explicit DistTensor(TensorSpace space)
      : space_(std::move(space)), box_(space_.tile()), local_(box_.extent, space_.partition.communicator()->device()) {}
  static DistTensor zeros(TensorSpace space) {
    DistTensor result(std::move(space));
    result.local_.set_zero();
    return result;
  }

  const TensorSpace& space() const noexcept { return space_; }
  const Shape& shape() const noexcept { return space_.shape; }
  const Partition& partition() const noexcept { return space_.partition; }
  const Communicator& communicator() const noexcept { return *space_.partition.communicator(); }
  const Device& device() const noexcept { return local_.device(); }

  /// Where this rank's tile lies in the global shape.
  const Box& box() const noexcept { return box_; }
  Tensor<T>& local() noexcept { return local_; }
  const Tensor<T>& local() const noexcept { return local_; }
  Index local_size() const noexcept { return local_.size(); }
  T* data() noexcept { return local_.data(); }
  const T* data() const noexcept { return local_.data(); }

  void set_zero() { local_.set_zero(); }
  DistTensor clone() const {
    DistTensor result(space_);
    result.local_ = local_.clone();
    return result;
  }
  /// The same tensor on a partition of the same grid and ranks whose communicator may compute elsewhere (see
  /// Communicator::on). Local. Throws PartitionError when grids or ranks differ.
  DistTensor to(const Partition& partition) const;

 private:
  TensorSpace space_;
  Box box_;
  Tensor<T> local_;
};

/// Row-major offset in the global shape of the first element of each contiguous run (last axis) of a tile, handed to
/// body(global_offset, local_offset, length) in local order.
template <class Body>
void for_each_row(const Shape& shape, const Box& box, Body&& body) {
  if (box.empty()) return;
  if (shape.empty()) {
    body(Index{0}, Index{0}, Index{1});
    return;
  }
  const Shape strides = row_major_strides(shape);
  const std::size_t last = shape.size() - 1;
  Shape position(shape.size(), 0);
  for (Index local = 0;; local += box.extent[last]) {
    Index offset = 0;
    for (std::size_t axis = 0; axis <= last; ++axis) offset += (box.start[axis] + position[axis]) * strides[axis];
    body(offset, local, box.extent[last]);
    std::size_t axis = last;
    while (axis > 0 && ++position[axis - 1] == box.extent[axis - 1]) position[--axis] = 0;
    if (axis == 0) return;
  }
}

/// Element i (row-major, of the global shape) becomes value(i), computed on the host. Local.
template <class T, class Value>
void fill(DistTensor<T>& tensor, Value&& value) {
  HostOutput<T> values(tensor.local());
  for_each_row(tensor.shape(), tensor.box(), [&](Index offset, Index local, Index length) {
    for (Index i = 0; i < length; ++i) values.data()[local + i] = value(offset + i);
  });
  values.store();
}

/// Re sum conj(a) b over the tiles of all active ranks. Collective; equal on every rank.
template <class T>
double inner_product(const DistTensor<T>& a, const DistTensor<T>& b);
/// sqrt(inner_product(a, a)). Collective.
template <class T>
double norm(const DistTensor<T>& a);

/// Standard normal numbers (real and imaginary part each), a function of the stream and the global index alone.
/// Along replicating axes the copies are equal unless `distinct_copies`, which keys on the rank as well.
template <class T>
void fill_normal(DistTensor<T>& tensor, const RandomStream& stream, bool distinct_copies = false);

/// Throws ShapeError, before any communication and alike on all ranks, unless `tensor` lives in `space`.
template <class T>
void require_space(const char* operation, const char* argument, const DistTensor<T>& tensor, const TensorSpace& space);

}  // namespace tessera
