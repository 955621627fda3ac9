#pragma once

/// \file
/// A linear operator written out as a matrix: the oracle of tests on small tensors.

#include <vector>

#include "tessera/primitives/linear_operator.hpp"

namespace tessera {

/// Row-major real matrix.
struct DenseMatrix {
  Index rows = 0;
  Index columns = 0;
  std::vector<double> values;

  double operator()(Index row, Index column) const { return values[static_cast<std::size_t>(row * columns + column)]; }
  friend bool operator==(const DenseMatrix&, const DenseMatrix&) = default;
};

DenseMatrix transposed(const DenseMatrix& matrix);
/// Largest |a - b| over all entries, NaN where there is one. Throws ShapeError when the sizes differ.
double max_difference(const DenseMatrix& a, const DenseMatrix& b);

/// Number of copies of a tensor that a space holds: the product of its replicating grid axes.
Index copies_of(const TensorSpace& space);
/// Which of them this rank holds a tile of: its row-major place among the replicating grid axes of more than one rank,
/// -1 when it is inactive. 0 where nothing replicates.
Index copy_index(const TensorSpace& space);

/// Applies `op` to every unit vector of its domain. Elements are numbered
///
///   (copy_index * volume(shape) + row-major global index) * reals per element + part,    part 0: re, 1: im
///
/// in rows (range) and columns (domain), so that the matrix of the adjoint is the transpose.
/// Collective over the operator's communicator; the whole matrix comes back on every rank: for small operators.
template <Scalar X, Scalar Y>
DenseMatrix dense_matrix_of(const LinearOperator<X, Y>& op);
/// The same for the adjoint: columns number the range of `op`, rows its domain.
template <Scalar X, Scalar Y>
DenseMatrix dense_matrix_of_adjoint(const LinearOperator<X, Y>& op);

}  // namespace tessera
