#include "tessera/tensor/algebra.hpp"

#include <complex>

#include "core/run_on.hpp"
#include "kernels/elementwise.hpp"

namespace tessera {

template <class T>
void axpy(double a, const DistTensor<T>& x, DistTensor<T>& y) {
  require_space("axpy", "first tensor", x, y.space());
  run_on(x.device(), [&](const auto&... stream) {
    kernels::axpy<T>(stream..., x.local_size(), static_cast<RealPart<T>>(a), x.data(), y.data());
  });
}

template <class T>
void scale(double a, DistTensor<T>& x) {
  run_on(x.device(), [&](const auto&... stream) {
    kernels::scale<T>(stream..., x.local_size(), static_cast<RealPart<T>>(a), x.data());
  });
}

#define TESSERA_INSTANTIATE(T)                                         \
  template void axpy<T>(double, const DistTensor<T>&, DistTensor<T>&); \
  template void scale<T>(double, DistTensor<T>&);
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::complex<float>)
TESSERA_INSTANTIATE(std::complex<double>)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
