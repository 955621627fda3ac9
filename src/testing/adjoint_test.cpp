#include "tessera/testing/adjoint_test.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>

namespace tessera {

namespace {

template <class T>
DistTensor<T> normal_tensor(const TensorSpace& space, std::uint64_t seed, const char* name) {
  DistTensor<T> tensor(space);
  fill_normal(tensor, RandomStream(seed, name), true);
  return tensor;
}

}  // namespace

template <Scalar X, Scalar Y>
AdjointReport adjoint_test(const LinearOperator<X, Y>& op, std::uint64_t seed) {
  const auto x = normal_tensor<X>(op.domain(), seed, "adjoint_test x");
  const auto y = normal_tensor<Y>(op.range(), seed, "adjoint_test y");
  const auto fx = op.forward(x);
  const auto fy = op.adjoint(y);
  const double forward = inner_product(fx, y);
  const double adjoint = inner_product(x, fy);
  const double scale = std::max({norm(fx) * norm(y), norm(x) * norm(fy), std::numeric_limits<double>::min()});
  return {forward, adjoint, std::abs(forward - adjoint) / scale};
}

#define TESSERA_INSTANTIATE(X, Y) template AdjointReport adjoint_test<X, Y>(const LinearOperator<X, Y>&, std::uint64_t);
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
