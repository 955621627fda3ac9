#include <fftw3.h>

#include <map>

#include "spectral/backends/fft_lines.hpp"
#include "tessera/core/buffer.hpp"
#include "tessera/core/error.hpp"

namespace tessera {

namespace {

/// FFTW's functions for one precision. Plans are estimated, not measured, so that a program's results do not depend on
/// which algorithm happened to be fastest when it started.
template <class T>
struct Fftw;

#define TESSERA_FFTW_PRECISION(T, PREFIX)                                                                        \
  template <>                                                                                                    \
  struct Fftw<T> {                                                                                               \
    using Plan = PREFIX##plan;                                                                                   \
    using Complex = PREFIX##complex;                                                                             \
    static Plan complex_plan(int n, int columns, Complex* lines, int sign) {                                     \
      return PREFIX##plan_many_dft(1, &n, columns, lines, nullptr, columns, 1, lines, nullptr, columns, 1, sign, \
                                   FFTW_ESTIMATE);                                                               \
    }                                                                                                            \
    static Plan real_forward(int n, int columns, T* lines, Complex* half) {                                      \
      return PREFIX##plan_many_dft_r2c(1, &n, columns, lines, nullptr, columns, 1, half, nullptr, columns, 1,    \
                                       FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);                                     \
    }                                                                                                            \
    static Plan real_backward(int n, int columns, Complex* half, T* lines) {                                     \
      return PREFIX##plan_many_dft_c2r(1, &n, columns, half, nullptr, columns, 1, lines, nullptr, columns, 1,    \
                                       FFTW_ESTIMATE);                                                           \
    }                                                                                                            \
    static void execute(Plan plan, Complex* lines) { PREFIX##execute_dft(plan, lines, lines); }                  \
    static void execute(Plan plan, T* lines, Complex* half) { PREFIX##execute_dft_r2c(plan, lines, half); }      \
    static void execute(Plan plan, Complex* half, T* lines) { PREFIX##execute_dft_c2r(plan, half, lines); }      \
    static void destroy(Plan plan) { PREFIX##destroy_plan(plan); }                                               \
  };
TESSERA_FFTW_PRECISION(float, fftwf_)
TESSERA_FFTW_PRECISION(double, fftw_)
#undef TESSERA_FFTW_PRECISION

template <class T>
auto* fftw_pointer(std::complex<T>* lines) {
  return reinterpret_cast<typename Fftw<T>::Complex*>(lines);
}

}  // namespace

/// Plans by column count, made on first use: a tensor needs two counts, full and remainder.
template <RealScalar T>
struct FftLines<T>::Plans {
  using Api = Fftw<T>;
  using Plan = typename Api::Plan;
  enum Kind { kForward, kBackward, kRealForward, kRealBackward };

  explicit Plans(Index line_length) : length(static_cast<int>(line_length)) {}
  ~Plans() {
    for (auto& [key, plan] : plans) Api::destroy(plan);
  }

  Plan get(Kind kind, Index columns) {
    Plan& plan = plans[{kind, columns}];
    if (plan != nullptr) return plan;
    // Planning needs arrays of the right size and alignment; the same alignment comes with every Buffer.
    Buffer<std::complex<T>> lines(length * columns);
    Buffer<T> reals(length * columns);
    const int count = static_cast<int>(columns);
    switch (kind) {
      case kForward: plan = Api::complex_plan(length, count, fftw_pointer(lines.data()), FFTW_FORWARD); break;
      case kBackward: plan = Api::complex_plan(length, count, fftw_pointer(lines.data()), FFTW_BACKWARD); break;
      case kRealForward: plan = Api::real_forward(length, count, reals.data(), fftw_pointer(lines.data())); break;
      case kRealBackward: plan = Api::real_backward(length, count, fftw_pointer(lines.data()), reals.data()); break;
    }
    if (plan == nullptr) throw FftError("FFTW made no plan for lines of length " + std::to_string(length));
    return plan;
  }

  int length;
  std::map<std::pair<Kind, Index>, Plan> plans;
};

template <RealScalar T>
bool FftLines<T>::available() {
  return true;
}

template <RealScalar T>
FftLines<T>::FftLines(Index length) : plans_(std::make_unique<Plans>(length)) {
  constexpr Index kLimit = (Index{1} << 31) / kMaxColumns - 1;
  if (length < 1 || length > kLimit) {
    throw FftError("FftLines: line length must be 1 to " + std::to_string(kLimit) + ", got " + std::to_string(length));
  }
}

template <RealScalar T>
FftLines<T>::~FftLines() = default;

template <RealScalar T>
void FftLines<T>::forward(Index columns, std::complex<T>* lines) const {
  Fftw<T>::execute(plans_->get(Plans::kForward, columns), fftw_pointer(lines));
}

template <RealScalar T>
void FftLines<T>::backward(Index columns, std::complex<T>* lines) const {
  Fftw<T>::execute(plans_->get(Plans::kBackward, columns), fftw_pointer(lines));
}

template <RealScalar T>
void FftLines<T>::forward_real(Index columns, const T* lines, std::complex<T>* half_spectrum) const {
  // FFTW's signature lacks the const that FFTW_PRESERVE_INPUT promises.
  Fftw<T>::execute(plans_->get(Plans::kRealForward, columns), const_cast<T*>(lines), fftw_pointer(half_spectrum));
}

template <RealScalar T>
void FftLines<T>::backward_real(Index columns, std::complex<T>* half_spectrum, T* lines) const {
  Fftw<T>::execute(plans_->get(Plans::kRealBackward, columns), fftw_pointer(half_spectrum), lines);
}

template class FftLines<float>;
template class FftLines<double>;

}  // namespace tessera
