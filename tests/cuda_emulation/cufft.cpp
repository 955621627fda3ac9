#include "cufft.h"

#include <cmath>
#include <complex>
#include <cstring>
#include <map>
#include <numbers>
#include <vector>

#include "device_memory.hpp"
#include "fail.hpp"
#include "work_queue.hpp"

namespace tessera::emulation {

namespace {

using Complex = std::complex<double>;

struct Layout {
  long long stride = 0, distance = 0;

  long long at(long long line, long long i) const { return line * distance + i * stride; }
};

struct Plan {
  cufftType type = CUFFT_C2C;
  long long length = 0, lines = 0;  ///< length 0: not made yet
  Layout input, output;
  bool allocates = true;
  cudaStream_t stream = nullptr;
  void* work = nullptr;
};

/// Enough to notice a work area that is not there.
constexpr std::size_t kWorkBytes = 1024;

std::map<cufftHandle, Plan>& plans() {
  static std::map<cufftHandle, Plan> all;
  return all;
}

Plan* find_plan(cufftHandle handle) {
  const auto found = plans().find(handle);
  return found == plans().end() ? nullptr : &found->second;
}

Complex number(float value) { return value; }
Complex number(double value) { return value; }
template <class C>
Complex number(const C& value) {
  return Complex(value.x, value.y);
}

void store(const Complex& value, float& to) { to = static_cast<float>(value.real()); }
void store(const Complex& value, double& to) { to = value.real(); }
void store(const Complex& value, cufftComplex& to) {
  to = {static_cast<float>(value.real()), static_cast<float>(value.imag())};
}
void store(const Complex& value, cufftDoubleComplex& to) { to = {value.real(), value.imag()}; }

constexpr bool gives_half(cufftType type) { return type == CUFFT_R2C || type == CUFFT_D2Z; }
constexpr bool takes_half(cufftType type) { return type == CUFFT_C2R || type == CUFFT_Z2D; }

/// e^{sign 2 pi i k / n} for k < n.
std::vector<Complex> roots(long long n, int sign) {
  std::vector<Complex> values;
  for (long long k = 0; k < n; ++k) {
    values.push_back(std::polar(1.0, sign * 2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n)));
  }
  return values;
}

/// The line with its second half added where it is a half spectrum; imaginary parts that must be zero are not read.
template <class From>
std::vector<Complex> read_line(const Plan& plan, long long line, const From* input) {
  std::vector<Complex> values;
  const long long half = plan.length / 2;
  for (long long i = 0; i < plan.length; ++i) {
    if (takes_half(plan.type) && i > half) {
      values.push_back(std::conj(values[static_cast<std::size_t>(plan.length - i)]));
    } else {
      const Complex value = number(input[plan.input.at(line, i)]);
      const bool is_real = takes_half(plan.type) && (i == 0 || 2 * i == plan.length);
      values.push_back(is_real ? Complex(value.real()) : value);
    }
  }
  return values;
}

template <class From, class To>
void transform(const Plan& plan, From* input, To* output, int direction) {
  const auto n = static_cast<std::size_t>(plan.length);
  const std::vector<Complex> root = roots(plan.length, direction);
  std::vector<std::vector<Complex>> lines;
  for (long long line = 0; line < plan.lines; ++line) lines.push_back(read_line(plan, line, input));
  if (takes_half(plan.type) && static_cast<const void*>(input) != output) {
    for (long long line = 0; line < plan.lines; ++line) {
      for (long long i = 0; i <= plan.length / 2; ++i) std::memset(&input[plan.input.at(line, i)], 0xff, sizeof(From));
    }
  }
  const std::size_t frequencies = gives_half(plan.type) ? n / 2 + 1 : n;
  for (std::size_t line = 0; line < lines.size(); ++line) {
    for (std::size_t k = 0; k < frequencies; ++k) {
      Complex sum = 0;
      for (std::size_t i = 0, phase = 0; i < n; ++i, phase = (phase + k) % n) sum += root[phase] * lines[line][i];
      store(sum, output[plan.output.at(static_cast<long long>(line), static_cast<long long>(k))]);
    }
  }
}

template <class From, class To>
cufftResult execute(cufftHandle handle, cufftType type, From* input, To* output, int direction) {
  const Plan* plan = find_plan(handle);
  if (plan == nullptr || plan->length == 0) return CUFFT_INVALID_PLAN;
  if (plan->type != type) return CUFFT_INVALID_TYPE;
  if (direction != CUFFT_FORWARD && direction != CUFFT_INVERSE) return CUFFT_INVALID_VALUE;
  if (!plan->allocates && plan->work == nullptr) fail("cuFFT without a work area");
  put(plan->stream, [plan = *plan, input, output, direction] {
    open_device_memory();
    if (plan.work != nullptr) std::memset(plan.work, 0xff, kWorkBytes);
    transform(plan, input, output, direction);
  });
  return CUFFT_SUCCESS;
}

}  // namespace

}  // namespace tessera::emulation

using namespace tessera::emulation;

cufftResult cufftCreate(cufftHandle* plan) {
  static cufftHandle last = 0;
  *plan = ++last;
  plans()[*plan] = {};
  return CUFFT_SUCCESS;
}

cufftResult cufftDestroy(cufftHandle plan) { return plans().erase(plan) == 1 ? CUFFT_SUCCESS : CUFFT_INVALID_PLAN; }

cufftResult cufftSetAutoAllocation(cufftHandle handle, int automatic) {
  Plan* plan = find_plan(handle);
  if (plan == nullptr) return CUFFT_INVALID_PLAN;
  plan->allocates = automatic != 0;
  return CUFFT_SUCCESS;
}

cufftResult cufftMakePlanMany64(cufftHandle handle, int rank, long long* extents, long long* input_extents,
                                long long input_stride, long long input_distance, long long* output_extents,
                                long long output_stride, long long output_distance, cufftType type, long long batch,
                                std::size_t* work_bytes) {
  Plan* plan = find_plan(handle);
  if (plan == nullptr || plan->length != 0) return CUFFT_INVALID_PLAN;
  if (rank != 1 || input_extents == nullptr || output_extents == nullptr) fail("cuFFT along one axis with strides");
  if (extents[0] < 1 || batch < 1 || input_stride < 1 || output_stride < 1) return CUFFT_INVALID_SIZE;
  plan->type = type;
  plan->length = extents[0];
  plan->lines = batch;
  plan->input = {input_stride, input_distance};
  plan->output = {output_stride, output_distance};
  *work_bytes = kWorkBytes;
  return CUFFT_SUCCESS;
}

cufftResult cufftSetStream(cufftHandle handle, cudaStream_t stream) {
  Plan* plan = find_plan(handle);
  if (plan == nullptr) return CUFFT_INVALID_PLAN;
  plan->stream = stream;
  return CUFFT_SUCCESS;
}

cufftResult cufftSetWorkArea(cufftHandle handle, void* work) {
  Plan* plan = find_plan(handle);
  if (plan == nullptr) return CUFFT_INVALID_PLAN;
  plan->work = work;
  return CUFFT_SUCCESS;
}

cufftResult cufftExecC2C(cufftHandle plan, cufftComplex* input, cufftComplex* output, int direction) {
  return execute(plan, CUFFT_C2C, input, output, direction);
}

cufftResult cufftExecR2C(cufftHandle plan, cufftReal* input, cufftComplex* output) {
  return execute(plan, CUFFT_R2C, input, output, CUFFT_FORWARD);
}

cufftResult cufftExecC2R(cufftHandle plan, cufftComplex* input, cufftReal* output) {
  return execute(plan, CUFFT_C2R, input, output, CUFFT_INVERSE);
}

cufftResult cufftExecZ2Z(cufftHandle plan, cufftDoubleComplex* input, cufftDoubleComplex* output, int direction) {
  return execute(plan, CUFFT_Z2Z, input, output, direction);
}

cufftResult cufftExecD2Z(cufftHandle plan, cufftDoubleReal* input, cufftDoubleComplex* output) {
  return execute(plan, CUFFT_D2Z, input, output, CUFFT_FORWARD);
}

cufftResult cufftExecZ2D(cufftHandle plan, cufftDoubleComplex* input, cufftDoubleReal* output) {
  return execute(plan, CUFFT_Z2D, input, output, CUFFT_INVERSE);
}
