#pragma once

#include <fftw3.h>

#include <complex>

#include "tessera/core/shape.hpp"

namespace tessera {

/// FFTW's functions for one precision.
template <class T>
struct Fftw;

#define TESSERA_FFTW_PRECISION(T, PREFIX)                                                                             \
  template <>                                                                                                         \
  struct Fftw<T> {                                                                                                    \
    using Plan = PREFIX##plan;                                                                                        \
    using Complex = PREFIX##complex;                                                                                  \
    using Dimension = PREFIX##iodim64;                                                                                \
    static Plan complex_plan(int n, int columns, Complex* lines, int sign, unsigned flags) {                          \
      return PREFIX##plan_many_dft(1, &n, columns, lines, nullptr, columns, 1, lines, nullptr, columns, 1, sign,      \
                                   flags);                                                                            \
    }                                                                                                                 \
    static Plan real_forward(int n, int columns, T* lines, Complex* half, unsigned flags) {                           \
      return PREFIX##plan_many_dft_r2c(1, &n, columns, lines, nullptr, columns, 1, half, nullptr, columns, 1,         \
                                       flags | FFTW_PRESERVE_INPUT);                                                  \
    }                                                                                                                 \
    static Plan real_backward(int n, int columns, Complex* half, T* lines, unsigned flags) {                          \
      return PREFIX##plan_many_dft_c2r(1, &n, columns, half, nullptr, columns, 1, lines, nullptr, columns, 1, flags); \
    }                                                                                                                 \
    static Plan lines(const Dimension& line, int rank, const Dimension* many, Complex* in, Complex* out, int sign,    \
                      unsigned flags) {                                                                               \
      return PREFIX##plan_guru64_dft(1, &line, rank, many, in, out, sign, flags);                                     \
    }                                                                                                                 \
    static Plan lines(const Dimension& line, int rank, const Dimension* many, T* in, Complex* out, unsigned flags) {  \
      return PREFIX##plan_guru64_dft_r2c(1, &line, rank, many, in, out, flags | FFTW_PRESERVE_INPUT);                 \
    }                                                                                                                 \
    static Plan lines(const Dimension& line, int rank, const Dimension* many, Complex* in, T* out, unsigned flags) {  \
      return PREFIX##plan_guru64_dft_c2r(1, &line, rank, many, in, out, flags);                                       \
    }                                                                                                                 \
    static void execute(Plan plan, Complex* in, Complex* out) { PREFIX##execute_dft(plan, in, out); }                 \
    static void execute(Plan plan, T* in, Complex* out) { PREFIX##execute_dft_r2c(plan, in, out); }                   \
    static void execute(Plan plan, Complex* in, T* out) { PREFIX##execute_dft_c2r(plan, in, out); }                   \
    static void destroy(Plan plan) { PREFIX##destroy_plan(plan); }                                                    \
  };
TESSERA_FFTW_PRECISION(float, fftwf_)
TESSERA_FFTW_PRECISION(double, fftw_)
#undef TESSERA_FFTW_PRECISION

/// FFTW's pointer types; its functions lack the const that preserved inputs deserve.
template <class T>
auto* fftw_pointer(const std::complex<T>* values) {
  return reinterpret_cast<typename Fftw<T>::Complex*>(const_cast<std::complex<T>*>(values));
}
inline float* fftw_pointer(const float* values) { return const_cast<float*>(values); }
inline double* fftw_pointer(const double* values) { return const_cast<double*>(values); }

}  // namespace tessera
