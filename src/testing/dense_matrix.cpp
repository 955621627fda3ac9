#include "tessera/testing/dense_matrix.hpp"

#include <algorithm>
#include <cmath>
#include <complex>

#include "tessera/tensor/host_values.hpp"

namespace tessera {

namespace {

bool is_copied(const RankGrid& grid, std::size_t axis) {
  return grid.cuts()[axis] == RankGrid::kReplicate && grid.extents()[axis] > 1;
}

Index real_count(const TensorSpace& space, int reals_per_element) {
  return copies_of(space) * volume(space.shape) * reals_per_element;
}

/// Number in the matrix of every real this rank holds, in local order.
std::vector<Index> real_numbers(const TensorSpace& space, int reals_per_element) {
  std::vector<Index> numbers;
  const Index first = copy_index(space) * volume(space.shape);
  for_each_row(space.shape, space.tile(), [&](Index offset, Index, Index length) {
    for (Index real = 0; real < length * reals_per_element; ++real) {
      numbers.push_back((first + offset) * reals_per_element + real);
    }
  });
  return numbers;
}

/// The matrix of x -> apply(x), x in `domain`, the result in `range`.
template <class X, class Y, class Apply>
DenseMatrix matrix_of(const TensorSpace& domain, const TensorSpace& range, Apply&& apply) {
  DenseMatrix matrix{real_count(range, kRealsPerElement<Y>), real_count(domain, kRealsPerElement<X>), {}};
  matrix.values.resize(static_cast<std::size_t>(matrix.rows * matrix.columns), 0.0);
  const auto inputs = real_numbers(domain, kRealsPerElement<X>);
  const auto outputs = real_numbers(range, kRealsPerElement<Y>);
  for (Index column = 0; column < matrix.columns; ++column) {
    DistTensor<X> x(domain);
    HostOutput<X> unit(x.local());
    std::fill_n(unit.data(), unit.size(), X{0});
    const auto here = std::find(inputs.begin(), inputs.end(), column);
    if (here != inputs.end()) reinterpret_cast<RealPart<X>*>(unit.data())[here - inputs.begin()] = 1;
    unit.store();
    const DistTensor<Y> y = apply(x);
    const HostInput<Y> result(y.local());
    const auto* reals = reinterpret_cast<const RealPart<Y>*>(result.data());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      matrix.values[static_cast<std::size_t>(outputs[i] * matrix.columns + column)] = static_cast<double>(reals[i]);
    }
  }
  range.partition.communicator()->all_sum(matrix.values.data(), static_cast<Index>(matrix.values.size()));
  return matrix;
}

}  // namespace

DenseMatrix transposed(const DenseMatrix& matrix) {
  DenseMatrix result{matrix.columns, matrix.rows, {}};
  for (Index column = 0; column < matrix.columns; ++column) {
    for (Index row = 0; row < matrix.rows; ++row) result.values.push_back(matrix(row, column));
  }
  return result;
}

double max_difference(const DenseMatrix& a, const DenseMatrix& b) {
  if (a.rows != b.rows || a.columns != b.columns) {
    throw ShapeError("max_difference: the matrices are " + to_string(Shape{a.rows, a.columns}) + " and " +
                     to_string(Shape{b.rows, b.columns}));
  }
  double largest = 0.0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const double difference = std::abs(a.values[i] - b.values[i]);
    if (std::isnan(difference)) return difference;
    largest = std::max(largest, difference);
  }
  return largest;
}

Index copies_of(const TensorSpace& space) {
  const RankGrid& grid = space.partition.grid();
  Index copies = 1;
  for (std::size_t axis = 0; axis < grid.extents().size(); ++axis) {
    if (is_copied(grid, axis)) copies *= grid.extents()[axis];
  }
  return copies;
}

Index copy_index(const TensorSpace& space) {
  const Index position = space.partition.position();
  if (position < 0) return -1;
  const RankGrid& grid = space.partition.grid();
  const Shape coordinates = grid.coordinates(position);
  Index index = 0;
  for (std::size_t axis = 0; axis < coordinates.size(); ++axis) {
    if (is_copied(grid, axis)) index = index * grid.extents()[axis] + coordinates[axis];
  }
  return index;
}

template <Scalar X, Scalar Y>
DenseMatrix dense_matrix_of(const LinearOperator<X, Y>& op) {
  return matrix_of<X, Y>(op.domain(), op.range(), [&](const DistTensor<X>& x) { return op.forward(x); });
}

template <Scalar X, Scalar Y>
DenseMatrix dense_matrix_of_adjoint(const LinearOperator<X, Y>& op) {
  return matrix_of<Y, X>(op.range(), op.domain(), [&](const DistTensor<Y>& y) { return op.adjoint(y); });
}

#define TESSERA_INSTANTIATE(X, Y)                                          \
  template DenseMatrix dense_matrix_of<X, Y>(const LinearOperator<X, Y>&); \
  template DenseMatrix dense_matrix_of_adjoint<X, Y>(const LinearOperator<X, Y>&);
TESSERA_INSTANTIATE(float, float)
TESSERA_INSTANTIATE(float, std::complex<float>)
TESSERA_INSTANTIATE(std::complex<float>, float)
TESSERA_INSTANTIATE(std::complex<float>, std::complex<float>)
TESSERA_INSTANTIATE(double, double)
TESSERA_INSTANTIATE(double, std::complex<double>)
TESSERA_INSTANTIATE(std::complex<double>, double)
TESSERA_INSTANTIATE(std::complex<double>, std::complex<double>)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
