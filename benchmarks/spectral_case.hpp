#pragma once

/// \file
/// What the parts of the spectral benchmark share: the problem at hand, how much work it is, and how close two ways of
/// doing it must be.

#include <complex>
#include <memory>
#include <string>

#include "harness.hpp"
#include "spectral_ceilings.hpp"
#include "tessera/core/threads.hpp"
#include "tessera/spectral/truncated_fft.hpp"
#include "tessera/tensor/algebra.hpp"

namespace tessera::bench {

/// What all measurements of one size share.
struct Situation {
  Harness& harness;
  Ceilings ceilings;
  bool measured;  ///< how FFTW plans its transform of all modes, see make_full_transform
  SpectralGrid spectral;
  Partition partition;
  TransformPlan plan;

  std::string name(const std::string& part) const { return part + "/" + joined(spectral.grid()); }
  Fields fields() const {
    return {{"grid", spectral.grid()},
            {"modes", spectral.modes()},
            {"batch", plan.grid_shape[0]},
            {"width", plan.grid_shape[1]},
            {"partition", partition.grid().extents()},
            {"threads", Index{thread_count()}}};
  }
  auto transform(TransformEngine engine) const {
    return std::make_shared<const PlannedTransform<float>>(plan, partition, engine);
  }
};

/// |a - b| / |b|. Collective.
template <class T>
double difference(const DistTensor<T>& a, const DistTensor<T>& b) {
  DistTensor<T> rest = a.clone();
  axpy(-1.0, b, rest);
  return norm(rest) / norm(b);
}

/// `found`, or throws FftError, alike on all ranks, where it is a difference that rounding does not explain.
double require_same(const std::string& contender, const std::string& what, double found);

/// How a transform is computed, which decides what its flops are.
enum class Method { products, line_ffts, full_fft };

/// One step of the plan over a tile of `cells` numbers, its tensors read and written by `bytes`. Collective.
Work step_work(const Situation& s, const TransformStep& step, Index cells, Index bytes, Method method);
/// One transform of all channels, in either direction, on the busiest rank. Collective.
Work transform_work(const Situation& s, Method method);
/// Two of them and the product with R; with the gradients of x and R. Collective.
Work convolution_work(const Situation& s, Method method, bool gradient);

/// Every axis in its place in the plan: the last from real numbers, the others among modes of those before.
void measure_axes(const Situation& s);

}  // namespace tessera::bench
