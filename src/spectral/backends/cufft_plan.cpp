#include "spectral/backends/cufft_plan.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tessera/core/device_buffer.hpp"
#include "tessera/core/error.hpp"

namespace tessera {

namespace {

void check(cufftResult result, const char* call) {
  if (result == CUFFT_SUCCESS) return;
  throw FftError(std::string(call) + " failed with cufftResult " + std::to_string(static_cast<int>(result)));
}

// cuFFT takes what it only reads by pointers to what it could change.
template <class To, class From>
To* as(const From* values) {
  return reinterpret_cast<To*>(const_cast<From*>(values));
}

using C = std::complex<float>;
using Z = std::complex<double>;

cufftResult execute(cufftHandle plan, const C* input, C* output, int direction) {
  return cufftExecC2C(plan, as<cufftComplex>(input), as<cufftComplex>(output), direction);
}
cufftResult execute(cufftHandle plan, const Z* input, Z* output, int direction) {
  return cufftExecZ2Z(plan, as<cufftDoubleComplex>(input), as<cufftDoubleComplex>(output), direction);
}
cufftResult execute(cufftHandle plan, const float* input, C* output, int) {
  return cufftExecR2C(plan, as<cufftReal>(input), as<cufftComplex>(output));
}
cufftResult execute(cufftHandle plan, const double* input, Z* output, int) {
  return cufftExecD2Z(plan, as<cufftDoubleReal>(input), as<cufftDoubleComplex>(output));
}
cufftResult execute(cufftHandle plan, const C* input, float* output, int) {
  return cufftExecC2R(plan, as<cufftComplex>(input), as<cufftReal>(output));
}
cufftResult execute(cufftHandle plan, const Z* input, double* output, int) {
  return cufftExecZ2D(plan, as<cufftDoubleComplex>(input), as<cufftDoubleReal>(output));
}

}  // namespace

LineRuns line_runs(Index length, Index outer, Index inner) {
  if (inner > outer) return {outer, length * inner, inner, {inner, 1}};
  return {inner, 1, outer, {inner, length * inner}};
}

CufftPlan::CufftPlan(cufftType type, const Shape& cells, Index boxes, const LineLayout& input,
                     const LineLayout& output) {
  std::vector<long long> axes(cells.begin(), cells.end());
  std::vector<long long> from = axes, to = axes;
  const long long half = axes.back() / 2 + 1;
  if (type == CUFFT_R2C || type == CUFFT_D2Z) to.back() = half;
  if (type == CUFFT_C2R || type == CUFFT_Z2D) from.back() = half;
  check(cufftCreate(&handle_), "cufftCreate");
  try {
    check(cufftSetAutoAllocation(handle_, 0), "cufftSetAutoAllocation");
    // The extents of the arrays are needed for strides to be used at all.
    check(cufftMakePlanMany64(handle_, static_cast<int>(axes.size()), axes.data(), from.data(), input.stride,
                              input.distance, to.data(), output.stride, output.distance, type, boxes, &work_bytes_),
          "cufftMakePlanMany64");
  } catch (...) {
    cufftDestroy(handle_);
    throw;
  }
}

CufftPlan::CufftPlan(CufftPlan&& other) noexcept
    : handle_(other.handle_), owned_(std::exchange(other.owned_, false)), work_bytes_(other.work_bytes_) {}

CufftPlan::~CufftPlan() {
  if (owned_) cufftDestroy(handle_);
}

template <class From, class To>
void CufftPlan::run(const Stream& stream, const From* input, To* output, int direction, Index runs, Index step) const {
  DeviceBuffer<std::byte> work(stream, std::max<Index>(static_cast<Index>(work_bytes_), 1));
  check(cufftSetStream(handle_, stream.handle()), "cufftSetStream");
  check(cufftSetWorkArea(handle_, work.data()), "cufftSetWorkArea");
  for (Index i = 0; i < runs; ++i) {
    check(execute(handle_, input + i * step, output + i * step, direction), "cufftExec");
  }
}

template void CufftPlan::run(const Stream&, const C*, C*, int, Index, Index) const;
template void CufftPlan::run(const Stream&, const Z*, Z*, int, Index, Index) const;
template void CufftPlan::run(const Stream&, const float*, C*, int, Index, Index) const;
template void CufftPlan::run(const Stream&, const double*, Z*, int, Index, Index) const;
template void CufftPlan::run(const Stream&, const C*, float*, int, Index, Index) const;
template void CufftPlan::run(const Stream&, const Z*, double*, int, Index, Index) const;

}  // namespace tessera
