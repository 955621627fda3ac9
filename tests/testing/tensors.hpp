#pragma once

/// \file
/// Tensors with known contents, and lists of rank grids, for tests of distributed operators.

#include <gtest/gtest.h>

#include <vector>

#include "support/mpi_fixture.hpp"
#include "support/partitions.hpp"
#include "tessera/tensor/dist_tensor.hpp"
#include "tessera/testing/dense_matrix.hpp"

namespace tessera::testing_support {

/// Different for every index and exact in float: index + 1, with -(2 index + 1) as imaginary part.
template <Scalar T>
T index_value(Index index) {
  const auto real = static_cast<RealPart<T>>(index + 1);
  if constexpr (ComplexScalar<T>) {
    return {real, static_cast<RealPart<T>>(-(2 * index + 1))};
  } else {
    return real;
  }
}

/// Element i (row-major, global) is factor * index_value(i).
template <Scalar T>
DistTensor<T> index_valued(const TensorSpace& space, RealPart<T> factor = 1) {
  DistTensor<T> tensor(space);
  fill(tensor, [&](Index i) { return factor * index_value<T>(i); });
  return tensor;
}

template <Scalar T>
DistTensor<T> normal_valued(const TensorSpace& space, std::uint64_t seed, bool distinct_copies = false) {
  DistTensor<T> tensor(space);
  fill_normal(tensor, RandomStream(seed, "test"), distinct_copies);
  return tensor;
}

/// Number of elements of this rank's tile that are not factor * index_value.
template <Scalar T>
Index wrong_elements(const DistTensor<T>& tensor, RealPart<T> factor = 1) {
  Index wrong = 0;
  const HostInput<T> values(tensor.local());
  for_each_row(tensor.shape(), tensor.box(), [&](Index offset, Index local, Index length) {
    for (Index i = 0; i < length; ++i) {
      wrong += values.data()[local + i] == factor * index_value<T>(offset + i) ? 0 : 1;
    }
  });
  return wrong;
}

/// All grids of at most `ranks` positions.
inline std::vector<Shape> grids_up_to(Index ranks, std::size_t axes) {
  std::vector<Shape> grids;
  for (Index count = 1; count <= ranks; ++count) {
    for (Shape& grid : all_partitions(count, axes)) grids.push_back(std::move(grid));
  }
  return grids;
}

}  // namespace tessera::testing_support
