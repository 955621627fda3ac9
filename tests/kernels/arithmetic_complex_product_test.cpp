#include <gtest/gtest.h>

#include <complex>

#include "kernels/arithmetic/complex_product.hpp"

namespace tessera::kernels {
namespace {

template <class T>
void check_products() {
  // Small integers: every operation is exact.
  const std::complex<T> a(3, -2), b(-5, 7), sum(11, 13);
  const Complex<T> left{a.real(), a.imag()}, right{b.real(), b.imag()};
  Complex<T> total{sum.real(), sum.imag()};
  add_product<false>(left, right, total);
  EXPECT_EQ(std::complex<T>(total.real, total.imaginary), sum + a * b);
  add_product<true>(left, right, total);
  EXPECT_EQ(std::complex<T>(total.real, total.imaginary), sum + a * b + a * std::conj(b));
}

TEST(ArithmeticComplexProduct, AddsAProductAndAConjugateOne) {
  check_products<float>();
  check_products<double>();
}

TEST(ArithmeticComplexProduct, LiesInMemoryAsTheStandardType) {
  static_assert(sizeof(Complex<float>) == sizeof(std::complex<float>));
  static_assert(sizeof(Complex<double>) == sizeof(std::complex<double>));
  static_assert(alignof(Complex<float>) == 8 && alignof(Complex<double>) == 16);
}

}  // namespace
}  // namespace tessera::kernels
