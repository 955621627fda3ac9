#include "kernels/mode_mixing.hpp"

#include <algorithm>

#include "kernels/cpu/simd/active.hpp"
#include "tessera/core/threads.hpp"

namespace tessera::kernels {

namespace {

/// Modes handled together: the smaller operand's rows stay in cache while the weights stream past once.
constexpr Index kModeTile = 512;

template <class T>
const T* reals(const std::complex<T>* values) {
  return reinterpret_cast<const T*>(values);
}

template <class T>
T* reals(std::complex<T>* values) {
  return reinterpret_cast<T*>(values);
}

/// visit(first mode, number of modes) for every tile, shared among threads.
template <class Visit>
void for_each_tile(Index modes, Visit visit) {
  parallel_for((modes + kModeTile - 1) / kModeTile, [&](Index tile, int) {
    const Index first = tile * kModeTile;
    visit(first, std::min(kModeTile, modes - first));
  });
}

}  // namespace

template <class T>
void mix_modes(const ModeMixing& size, const std::complex<T>* x, const std::complex<T>* r, std::complex<T>* y) {
  const auto [batch, in, out, modes] = size;
  const auto sum_products = simd::loops<T>().sum_complex_products;
  for_each_tile(modes, [&, batch = batch, in = in, out = out, modes = modes](Index k, Index count) {
    for (Index o = 0; o < out; ++o) {
      for (Index b = 0; b < batch; ++b) {
        sum_products({count, in, reals(x + b * in * modes + k), modes, reals(r + o * modes + k), out * modes, false,
                      reals(y + (b * out + o) * modes + k)});
      }
    }
  });
}

template <class T>
void mix_modes_adjoint_input(const ModeMixing& size, const std::complex<T>* gy, const std::complex<T>* r,
                             std::complex<T>* gx) {
  const auto [batch, in, out, modes] = size;
  const auto sum_products = simd::loops<T>().sum_complex_products;
  for_each_tile(modes, [&, batch = batch, in = in, out = out, modes = modes](Index k, Index count) {
    for (Index i = 0; i < in; ++i) {
      for (Index b = 0; b < batch; ++b) {
        sum_products({count, out, reals(gy + b * out * modes + k), modes, reals(r + i * out * modes + k), modes, true,
                      reals(gx + (b * in + i) * modes + k)});
      }
    }
  });
}

template <class T>
void mix_modes_adjoint_weight(const ModeMixing& size, const std::complex<T>* gy, const std::complex<T>* x,
                              std::complex<T>* gr, bool accumulate) {
  const auto [batch, in, out, modes] = size;
  const auto sum_products = simd::loops<T>().sum_complex_products;
  for_each_tile(modes, [&, batch = batch, in = in, out = out, modes = modes](Index k, Index count) {
    for (Index i = 0; i < in; ++i) {
      for (Index o = 0; o < out; ++o) {
        sum_products({count, batch, reals(gy + o * modes + k), out * modes, reals(x + i * modes + k), in * modes, true,
                      reals(gr + (i * out + o) * modes + k), accumulate});
      }
    }
  });
}

#define TESSERA_INSTANTIATE(T)                                                                                     \
  template void mix_modes<T>(const ModeMixing&, const std::complex<T>*, const std::complex<T>*, std::complex<T>*); \
  template void mix_modes_adjoint_input<T>(const ModeMixing&, const std::complex<T>*, const std::complex<T>*,      \
                                           std::complex<T>*);                                                      \
  template void mix_modes_adjoint_weight<T>(const ModeMixing&, const std::complex<T>*, const std::complex<T>*,     \
                                            std::complex<T>*, bool);

TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)

}  // namespace tessera::kernels
