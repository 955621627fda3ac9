#pragma once

/// \file
/// The distributed truncated Fourier transform of a real tensor, its inverse, and the adjoints of both.

#include <complex>
#include <memory>
#include <optional>
#include <vector>

#include "tessera/primitives/linear_operator.hpp"
#include "tessera/primitives/repartition.hpp"
#include "tessera/spectral/axis_transform.hpp"
#include "tessera/spectral/transform_plan.hpp"

namespace tessera {

/// A transform plan made executable on a partition: one local transform or repartition per step. The two operators
/// below share it. Construction is collective; applying it is too. Steps that leave partial sums work on slabs and use
/// Fourier matrices whatever the engine.
template <RealScalar T>
class PlannedTransform {
 public:
  PlannedTransform(const TransformPlan& plan, const Partition& grid_partition,
                   TransformEngine engine = TransformEngine::automatic);
  ~PlannedTransform();

  const TransformPlan& plan() const noexcept { return plan_; }
  TensorSpace grid_space() const { return {plan_.grid_shape, grid_partition_}; }
  TensorSpace spectrum_space() const { return {plan_.spectrum_shape, grid_partition_.with_grid(plan_.spectrum_ranks)}; }

  /// Grid to modes along the steps, mode k of every axis multiplied by its scaling.
  DistTensor<std::complex<T>> analyse(ModeScaling scaling, const DistTensor<T>& x) const;
  /// Modes to grid along the reversed steps. The adjoint of `analyse` of equal scaling.
  DistTensor<T> synthesise(ModeScaling scaling, const DistTensor<std::complex<T>>& modes) const;

  /// The plan in two parts, for those who compute the steps before the first repartition themselves: per grid axis the
  /// cells and modes of its transform there, or nothing where the axis is transformed later; and the space between the
  /// parts. Not for plans that begin with a repartition.
  std::vector<std::optional<FourierLine>> first_lines() const;
  TensorSpace partial_space() const;
  /// The steps after those: `partial` to modes, and back. Collective; local where no step remains.
  DistTensor<std::complex<T>> finish_analysis(ModeScaling scaling, DistTensor<std::complex<T>> partial) const;
  DistTensor<std::complex<T>> begin_synthesis(ModeScaling scaling, const DistTensor<std::complex<T>>& modes) const;

 private:
  class Step;
  std::size_t first_steps() const;

  TransformPlan plan_;
  Partition grid_partition_;
  std::vector<std::unique_ptr<const Step>> steps_;
};

/// X = F x: real [batch, channel, grid...] to complex [batch, channel, kept...], unscaled (numpy's rfftn at the kept
/// modes, see SpectralGrid). Its adjoint is not its inverse.
///
/// x may be partitioned in any way over batch, channel and grid axes; the spectrum is partitioned as the plan's
/// spectrum_ranks over the same ranks. Collective.
/// Source: Li et al., arXiv 2010.08895, section 4; distribution as in Dalcin et al., arXiv 1804.09536, with truncation.
template <RealScalar T>
class TruncatedFft final : public LinearOperator<T, std::complex<T>> {
 public:
  explicit TruncatedFft(std::shared_ptr<const PlannedTransform<T>> transform)
      : LinearOperator<T, std::complex<T>>("TruncatedFft", transform->grid_space(), transform->spectrum_space()),
        transform_(std::move(transform)) {}

 private:
  void do_forward(const DistTensor<T>& x, DistTensor<std::complex<T>>& modes) const override {
    modes = transform_->analyse(ModeScaling::unit, x);
  }
  void do_adjoint(const DistTensor<std::complex<T>>& modes, DistTensor<T>& x) const override {
    x = transform_->synthesise(ModeScaling::unit, modes);
  }

  std::shared_ptr<const PlannedTransform<T>> transform_;
};

/// x = IF X: the inverse of the full transform applied to the kept modes, all others zero, scaled by 1 / prod(grid)
/// (numpy's irfftn). Imaginary parts at DC and at Nyquist of the last axis are ignored, after the complex inverse
/// transforms of the other axes. Its adjoint doubles the last axis's interior modes. Collective.
template <RealScalar T>
class TruncatedInverseFft final : public LinearOperator<std::complex<T>, T> {
 public:
  explicit TruncatedInverseFft(std::shared_ptr<const PlannedTransform<T>> transform)
      : LinearOperator<std::complex<T>, T>("TruncatedInverseFft", transform->spectrum_space(), transform->grid_space()),
        transform_(std::move(transform)) {}

 private:
  void do_forward(const DistTensor<std::complex<T>>& modes, DistTensor<T>& x) const override {
    x = transform_->synthesise(ModeScaling::inverse, modes);
  }
  void do_adjoint(const DistTensor<T>& x, DistTensor<std::complex<T>>& modes) const override {
    modes = transform_->analyse(ModeScaling::inverse, x);
  }

  std::shared_ptr<const PlannedTransform<T>> transform_;
};

}  // namespace tessera
