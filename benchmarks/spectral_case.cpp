#include "spectral_case.hpp"

#include <cmath>
#include <sstream>

#include "tessera/core/error.hpp"

namespace tessera::bench {

namespace {

using Complex = std::complex<float>;

/// Largest relative difference of two ways to compute the same.
constexpr double kTolerance = 1e-5;
constexpr const char* kProductFlops = "8 per complex multiply-add of the products, 4 where one factor is real";
constexpr const char* kFftFlops = "5 N log2 N per complex line, half for real";

double nominal_fft_flops(Index length, bool complex) {
  return (complex ? 5.0 : 2.5) * static_cast<double>(length) * std::log2(static_cast<double>(length));
}

/// Flops of one step of the plan over a tile of `cells` numbers.
double step_flops(const TransformStep& step, const SpectralGrid& spectral, Index cells, bool fft) {
  const Index length = spectral.grid()[step.axis];
  if (fft && !step.partial) {
    return static_cast<double>(cells) / static_cast<double>(length) * nominal_fft_flops(length, step.complex_before);
  }
  return static_cast<double>(cells * spectral.kept()[step.axis]) * (step.complex_before ? 8.0 : 4.0);
}

const char* counted(Method method) { return method == Method::products ? kProductFlops : kFftFlops; }

}  // namespace

double require_same(const std::string& contender, const std::string& what, double found) {
  if (found <= kTolerance) return found;
  std::ostringstream text;
  text << "spectral: " << contender << ", " << what << ": expected a relative difference of at most " << kTolerance
       << ", found " << found;
  throw FftError(text.str());
}

Work step_work(const Situation& s, const TransformStep& step, Index cells, Index bytes, Method method) {
  const Communicator& world = *s.harness.world();
  return {world.all_max(step_flops(step, s.spectral, cells, method == Method::line_ffts)),
          static_cast<double>(world.all_max(bytes)), counted(method)};
}

Work transform_work(const Situation& s, Method method) {
  double flops = 0.0;
  for (const TransformStep& step : s.plan.steps) {
    if (method == Method::full_fft || step.kind != TransformStep::Kind::transform) continue;
    const Index cells = TensorSpace{step.shape_before, s.partition.with_grid(step.before)}.tile().volume();
    flops += step_flops(step, s.spectral, cells, method == Method::line_ffts);
  }
  if (method == Method::full_fft) {
    flops = static_cast<double>(s.plan.grid_shape[0] * s.plan.grid_shape[1]) *
            nominal_fft_flops(volume(s.spectral.grid()), false);
  }
  const TensorSpace spectrum{s.plan.spectrum_shape, s.partition.with_grid(s.plan.spectrum_ranks)};
  const Index bytes = s.partition.tile(s.plan.grid_shape).volume() * static_cast<Index>(sizeof(float)) +
                      spectrum.tile().volume() * static_cast<Index>(sizeof(Complex));
  const Communicator& world = *s.harness.world();
  return {world.all_max(flops), static_cast<double>(world.all_max(bytes)), counted(method)};
}

Work convolution_work(const Situation& s, Method method, bool gradient) {
  Work work = transform_work(s, method);
  const TensorSpace spectrum{s.plan.spectrum_shape, s.partition.with_grid(s.plan.spectrum_ranks)};
  const Index modes = s.harness.world()->all_max(spectrum.tile().volume());
  const Index width = s.plan.grid_shape[1], batch = s.plan.grid_shape[0];
  const double weights = static_cast<double>(modes / batch * width) * sizeof(Complex);
  const double products = gradient ? 3.0 : 1.0;
  // x and y; with the gradient gy and gx too. R is read for each product with it; its gradient is read and written.
  work.flops = 2.0 * (gradient ? 2.0 : 1.0) * work.flops + products * 8.0 * static_cast<double>(modes * width);
  work.bytes = (gradient ? 4.0 : 2.0) * static_cast<double>(volume(s.plan.grid_shape)) * sizeof(float) /
                   static_cast<double>(s.partition.size()) +
               (gradient ? 4.0 : 1.0) * weights;
  return work;
}

}  // namespace tessera::bench
