#include "cufft.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>
#include <functional>
#include <map>
#include <numbers>
#include <numeric>
#include <vector>

#include "device_memory.hpp"
#include "fail.hpp"
#include "work_queue.hpp"

namespace tessera::emulation {

namespace {

using Complex = std::complex<double>;

struct Layout {
  long long stride = 0, distance = 0;

  long long at(long long box, long long i) const { return box * distance + i * stride; }
};

struct Plan {
  cufftType type = CUFFT_C2C;
  std::vector<long long> extents;  ///< of a box; none: not made yet
  long long boxes = 0;
  Layout input, output;

  long long cells() const { return std::accumulate(extents.begin(), extents.end(), 1LL, std::multiplies<>()); }
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

/// The first `kept` elements of every row of a box, in order: body(number in the box, number in memory).
template <class Body>
void for_each_kept(const Plan& plan, long long kept, const Body& body) {
  for (long long row = 0; row < plan.cells() / plan.extents.back(); ++row) {
    for (long long i = 0; i < kept; ++i) body(row * plan.extents.back() + i, row * kept + i);
  }
}

/// The box; where it is a line of half a spectrum, with the other half. Imaginary parts that must be zero are not read.
template <class From>
std::vector<Complex> read_box(const Plan& plan, long long box, const From* input) {
  std::vector<Complex> values(static_cast<std::size_t>(plan.cells()));
  const long long length = plan.extents.back();
  for_each_kept(plan, takes_half(plan.type) ? length / 2 + 1 : length, [&](long long i, long long at) {
    const Complex value = number(input[plan.input.at(box, at)]);
    const bool is_real = takes_half(plan.type) && 2 * i % length == 0;
    values[static_cast<std::size_t>(i)] = is_real ? Complex(value.real()) : value;
    if (takes_half(plan.type) && !is_real) values[static_cast<std::size_t>(length - i)] = std::conj(value);
  });
  return values;
}

/// A box along one of its axes: `outer` times `n` times `inner` elements.
std::vector<Complex> along_axis(const std::vector<Complex>& box, std::size_t n, std::size_t inner, int direction) {
  const std::vector<Complex> root = roots(static_cast<long long>(n), direction);
  std::vector<Complex> result(box.size());
  for (std::size_t at = 0; at < box.size(); ++at) {
    const std::size_t k = at / inner % n, first = at - k * inner;
    for (std::size_t i = 0, phase = 0; i < n; ++i, phase = (phase + k) % n) {
      result[at] += root[phase] * box[first + i * inner];
    }
  }
  return result;
}

template <class From, class To>
void transform(const Plan& plan, From* input, To* output, int direction) {
  const long long length = plan.extents.back();
  std::vector<std::vector<Complex>> boxes;
  for (long long box = 0; box < plan.boxes; ++box) boxes.push_back(read_box(plan, box, input));
  if (takes_half(plan.type) && static_cast<const void*>(input) != output) {
    for (long long box = 0; box < plan.boxes; ++box) {
      for_each_kept(plan, length / 2 + 1,
                    [&](long long, long long at) { std::memset(&input[plan.input.at(box, at)], 0xff, sizeof(From)); });
    }
  }
  for (long long number = 0; number < plan.boxes; ++number) {
    std::vector<Complex>& box = boxes[static_cast<std::size_t>(number)];
    long long inner = 1;
    for (auto extent = plan.extents.rbegin(); extent != plan.extents.rend(); ++extent) {
      box = along_axis(box, static_cast<std::size_t>(*extent), static_cast<std::size_t>(inner), direction);
      inner *= *extent;
    }
    for_each_kept(plan, gives_half(plan.type) ? length / 2 + 1 : length, [&](long long i, long long at) {
      store(box[static_cast<std::size_t>(i)], output[plan.output.at(number, at)]);
    });
  }
}

template <class From, class To>
cufftResult execute(cufftHandle handle, cufftType type, From* input, To* output, int direction) {
  const Plan* plan = find_plan(handle);
  if (plan == nullptr || plan->extents.empty()) return CUFFT_INVALID_PLAN;
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
  if (plan == nullptr || !plan->extents.empty()) return CUFFT_INVALID_PLAN;
  if (input_extents == nullptr || output_extents == nullptr) fail("cuFFT without strides is not emulated");
  if (rank < 1 || rank > 3) return CUFFT_INVALID_VALUE;
  if (takes_half(type) && rank > 1) fail("cuFFT from spectra to reals along several axes is not emulated");
  if (*std::min_element(extents, extents + rank) < 1 || batch < 1 || input_stride < 1 || output_stride < 1) {
    return CUFFT_INVALID_SIZE;
  }
  for (int axis = 0; axis < rank; ++axis) {
    const bool last = axis == rank - 1;
    if (input_extents[axis] != (last && takes_half(type) ? extents[axis] / 2 + 1 : extents[axis]) ||
        output_extents[axis] != (last && gives_half(type) ? extents[axis] / 2 + 1 : extents[axis])) {
      fail("cuFFT of boxes within larger arrays is not emulated");
    }
  }
  plan->type = type;
  plan->extents.assign(extents, extents + rank);
  plan->boxes = batch;
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
