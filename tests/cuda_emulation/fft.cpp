#include <cmath>
#include <complex>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <numbers>
#include <vector>

#include "cufft.h"
#include "fail.hpp"
#include "work_queue.hpp"

namespace tessera::emulation {

namespace {

using Number = std::complex<double>;

struct Layout {
  long long stride, distance;
};

struct Plan {
  cufftType type = CUFFT_C2C;
  long long length = 0, lines = 0;
  Layout input{}, output{};
  cudaStream_t stream = nullptr;
  void* work_area = nullptr;

  std::size_t work_bytes() const { return 16 * static_cast<std::size_t>(length); }
};

std::map<cufftHandle, Plan>& plans() {
  static std::map<cufftHandle, Plan> all;
  return all;
}

Plan* find(cufftHandle handle) {
  const auto found = plans().find(handle);
  return found == plans().end() ? nullptr : &found->second;
}

/// y[k] = sum_n x[n] exp(direction 2 pi i k n / N)
std::vector<Number> transform(const std::vector<Number>& x, int direction) {
  const std::size_t length = x.size();
  std::vector<Number> turns, y(length);
  for (std::size_t n = 0; n < length; ++n) {
    turns.push_back(std::polar(1.0, direction * 2 * std::numbers::pi * static_cast<double>(n) / double(length)));
  }
  for (std::size_t k = 0; k < length; ++k) {
    for (std::size_t n = 0; n < length; ++n) y[k] += x[n] * turns[k * n % length];
  }
  return y;
}

Number number(float value) { return value; }
Number number(double value) { return value; }
Number number(const cufftComplex& value) { return {value.x, value.y}; }
Number number(const cufftDoubleComplex& value) { return {value.x, value.y}; }

void set(float& to, Number value) { to = static_cast<float>(value.real()); }
void set(double& to, Number value) { to = value.real(); }
void set(cufftComplex& to, Number value) { to = {static_cast<float>(value.real()), static_cast<float>(value.imag())}; }
void set(cufftDoubleComplex& to, Number value) { to = {value.real(), value.imag()}; }

template <class T>
constexpr bool kIsReal = std::is_floating_point_v<T>;

/// The half spectrum of a real line as a whole one; what must be real in it is taken as real.
void complete(std::vector<Number>& spectrum) {
  const std::size_t length = spectrum.size();
  spectrum[0] = spectrum[0].real();
  if (length % 2 == 0) spectrum[length / 2] = spectrum[length / 2].real();
  for (std::size_t k = length / 2 + 1; k < length; ++k) spectrum[k] = std::conj(spectrum[length - k]);
}

template <class From, class To>
void run_line(const Plan& plan, From* input, To* output, int direction) {
  const long long half = plan.length / 2 + 1;
  const long long given = kIsReal<To> ? half : plan.length, wanted = kIsReal<From> ? half : plan.length;
  std::vector<Number> line(static_cast<std::size_t>(plan.length));
  for (long long i = 0; i < given; ++i) {
    line[static_cast<std::size_t>(i)] = number(input[i * plan.input.stride]);
    if (kIsReal<To>) set(input[i * plan.input.stride], std::numeric_limits<double>::quiet_NaN());
  }
  if (kIsReal<To>) complete(line);
  line = transform(line, direction);
  for (long long i = 0; i < wanted; ++i) set(output[i * plan.output.stride], line[static_cast<std::size_t>(i)]);
}

template <class From, class To>
cufftResult execute(cufftHandle handle, cufftType type, From* input, To* output, int direction) {
  const Plan* found = find(handle);
  if (found == nullptr || found->length == 0) return CUFFT_INVALID_PLAN;
  if (found->type != type) return CUFFT_INVALID_TYPE;
  constexpr std::size_t kAlignment = kIsReal<From> ? sizeof(To) : kIsReal<To> ? sizeof(From) : alignof(From);
  for (const void* array : {static_cast<const void*>(input), static_cast<const void*>(output)}) {
    if (reinterpret_cast<std::uintptr_t>(array) % kAlignment != 0) fail("an FFT of an array that is not aligned");
  }
  if (found->work_area == nullptr) fail("an FFT without a work area");
  put(found->stream, [plan = *found, input, output, direction] {
    std::memset(plan.work_area, 0xff, plan.work_bytes());
    for (long long line = 0; line < plan.lines; ++line) {
      run_line(plan, input + line * plan.input.distance, output + line * plan.output.distance, direction);
    }
  });
  return CUFFT_SUCCESS;
}

}  // namespace

}  // namespace tessera::emulation

using namespace tessera::emulation;

cufftResult cufftCreate(cufftHandle* plan) {
  static cufftHandle last = 0;
  *plan = ++last;
  plans()[*plan];
  return CUFFT_SUCCESS;
}

cufftResult cufftDestroy(cufftHandle plan) { return plans().erase(plan) == 1 ? CUFFT_SUCCESS : CUFFT_INVALID_PLAN; }

cufftResult cufftSetAutoAllocation(cufftHandle plan, int allocate) {
  if (allocate != 0) fail("a plan that allocates its work area");
  return find(plan) != nullptr ? CUFFT_SUCCESS : CUFFT_INVALID_PLAN;
}

cufftResult cufftSetStream(cufftHandle plan, cudaStream_t stream) {
  Plan* found = find(plan);
  if (found == nullptr) return CUFFT_INVALID_PLAN;
  found->stream = stream;
  return CUFFT_SUCCESS;
}

cufftResult cufftSetWorkArea(cufftHandle plan, void* area) {
  Plan* found = find(plan);
  if (found == nullptr) return CUFFT_INVALID_PLAN;
  found->work_area = area;
  return CUFFT_SUCCESS;
}

cufftResult cufftMakePlanMany64(cufftHandle plan, int rank, long long* extent, long long* input_extent,
                                long long input_stride, long long input_distance, long long* output_extent,
                                long long output_stride, long long output_distance, cufftType type, long long lines,
                                std::size_t* work_bytes) {
  Plan* found = find(plan);
  if (found == nullptr) return CUFFT_INVALID_PLAN;
  if (rank != 1) fail("an FFT along more than one axis");
  if (input_extent == nullptr || output_extent == nullptr) fail("strides that cuFFT would not look at");
  if (*extent < 1 || lines < 1) return CUFFT_INVALID_VALUE;
  found->type = type;
  found->length = *extent;
  found->lines = lines;
  found->input = {input_stride, input_distance};
  found->output = {output_stride, output_distance};
  *work_bytes = found->work_bytes();
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
