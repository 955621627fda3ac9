#include "tessera/spectral/truncated_fft.hpp"

#include "spectral/held_tensor.hpp"
#include "tessera/core/error.hpp"

namespace tessera {

namespace {

constexpr std::size_t kFirstGridAxis = 2;

Index product(const Shape& extents, std::size_t first, std::size_t last) {
  return volume(Shape(extents.begin() + static_cast<Index>(first), extents.begin() + static_cast<Index>(last)));
}

/// The data between two steps: real until the first transform, complex after.
template <class T>
struct Stage {
  Held<T> real;
  Held<std::complex<T>> complex;
};

}  // namespace

/// One step of the plan with what it needs to run; knows both directions.
template <RealScalar T>
class PlannedTransform<T>::Step {
 public:
  using Complex = std::complex<T>;

  Step(const TransformStep& step, const SpectralGrid& spectral, const Partition& ranks, TransformEngine engine)
      : step_(step),
        before_{step.shape_before, ranks.with_grid(step.before)},
        after_{step.shape_after, ranks.with_grid(step.after)} {
    if (step.kind == TransformStep::Kind::transform) {
      const Box tile = before_.tile();
      const std::size_t axis = kFirstGridAxis + step.axis;
      line_ = {spectral.grid()[step.axis],
               {tile.start[axis], tile.extent[axis]},
               spectral.frequencies(step.axis),
               spectral.inverse_weights(step.axis)};
      transform_ = make_axis_transform<T>(line_, step.partial || tile.empty() ? TransformEngine::matrix : engine,
                                          ranks.communicator()->device());
    } else if (step.complex_before) {
      make_repartition(move_complex_);
    } else {
      make_repartition(move_real_);
    }
  }

  /// Of a transform step.
  const FourierLine& line() const { return line_; }

  void analyse(ModeScaling scaling, Stage<T>& stage) const {
    if (transform_) {
      DistTensor<Complex> modes(after_);
      const auto [outer, inner] = sides();
      if (step_.complex_before) {
        transform_->analyse(scaling, outer, inner, stage.complex->data(), modes.data());
      } else {
        transform_->analyse(scaling, outer, inner, stage.real->data(), modes.data());
      }
      stage.real.reset();
      stage.complex = std::move(modes);
    } else if (step_.complex_before) {
      stage.complex = gathers_ ? move_complex_->adjoint(*stage.complex) : move_complex_->forward(*stage.complex);
    } else {
      stage.real = move_real_->forward(*stage.real);
    }
  }

  void synthesise(ModeScaling scaling, Stage<T>& stage) const {
    if (transform_) {
      const auto [outer, inner] = sides();
      if (step_.complex_before) {
        DistTensor<Complex> cells(before_);
        transform_->synthesise(scaling, outer, inner, stage.complex->data(), cells.data());
        stage.complex = std::move(cells);
      } else {
        DistTensor<T> cells(before_);
        transform_->synthesise(scaling, outer, inner, stage.complex->data(), cells.data());
        stage.complex.reset();
        stage.real = std::move(cells);
      }
    } else if (step_.complex_before) {
      stage.complex = gathers_ ? move_complex_->forward(*stage.complex) : move_complex_->adjoint(*stage.complex);
    } else {
      stage.real = move_real_->adjoint(*stage.real);
    }
  }

 private:
  template <class U>
  void make_repartition(std::unique_ptr<const Repartition<U>>& move) {
    // Partial sums travel as the adjoint of the gather that would hand every rank the owners' modes.
    gathers_ = step_.before.replicates();
    move = gathers_ ? std::make_unique<const Repartition<U>>(after_.shape, after_.partition, before_.partition)
                    : std::make_unique<const Repartition<U>>(before_.shape, before_.partition, after_.partition);
  }

  /// Extents of this rank's tile before and after the transformed axis.
  std::pair<Index, Index> sides() const {
    const Shape extent = before_.tile().extent;
    const std::size_t axis = kFirstGridAxis + step_.axis;
    return {product(extent, 0, axis), product(extent, axis + 1, extent.size())};
  }

  TransformStep step_;
  TensorSpace before_, after_;
  bool gathers_ = false;
  FourierLine line_;
  std::unique_ptr<const AxisTransform<T>> transform_;
  std::unique_ptr<const Repartition<T>> move_real_;
  std::unique_ptr<const Repartition<Complex>> move_complex_;
};

template <RealScalar T>
PlannedTransform<T>::PlannedTransform(const TransformPlan& plan, const Partition& grid_partition,
                                      TransformEngine engine)
    : plan_(plan), grid_partition_(grid_partition) {
  if (!(grid_partition.grid() == plan.grid_ranks)) {
    throw PartitionError("PlannedTransform: the plan is for partition " + to_string(plan.grid_ranks) + ", got " +
                         to_string(grid_partition));
  }
  for (const TransformStep& step : plan.steps) {
    steps_.push_back(std::make_unique<const Step>(step, plan.spectral, grid_partition, engine));
  }
}

template <RealScalar T>
PlannedTransform<T>::~PlannedTransform() = default;

template <RealScalar T>
DistTensor<std::complex<T>> PlannedTransform<T>::analyse(ModeScaling scaling, const DistTensor<T>& x) const {
  require_space("PlannedTransform::analyse", "grid tensor", x, grid_space());
  Stage<T> stage;
  stage.real.borrow(x);
  for (const auto& step : steps_) step->analyse(scaling, stage);
  return stage.complex.take();
}

template <RealScalar T>
DistTensor<T> PlannedTransform<T>::synthesise(ModeScaling scaling, const DistTensor<std::complex<T>>& modes) const {
  require_space("PlannedTransform::synthesise", "spectrum", modes, spectrum_space());
  Stage<T> stage;
  stage.complex.borrow(modes);
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) (*step)->synthesise(scaling, stage);
  return stage.real.take();
}

template <RealScalar T>
std::size_t PlannedTransform<T>::first_steps() const {
  std::size_t count = 0;
  while (count < steps_.size() && plan_.steps[count].kind == TransformStep::Kind::transform) ++count;
  return count;
}

template <RealScalar T>
std::vector<std::optional<FourierLine>> PlannedTransform<T>::first_lines() const {
  std::vector<std::optional<FourierLine>> lines(plan_.spectral.rank());
  for (std::size_t i = 0; i < first_steps(); ++i) lines[plan_.steps[i].axis] = steps_[i]->line();
  return lines;
}

template <RealScalar T>
TensorSpace PlannedTransform<T>::partial_space() const {
  const TransformStep& last = plan_.steps.at(first_steps() - 1);
  return {last.shape_after, grid_partition_.with_grid(last.after)};
}

template <RealScalar T>
DistTensor<std::complex<T>> PlannedTransform<T>::finish_analysis(ModeScaling scaling,
                                                                 DistTensor<std::complex<T>> partial) const {
  require_space("PlannedTransform::finish_analysis", "partial transform", partial, partial_space());
  Stage<T> stage;
  stage.complex = std::move(partial);
  for (std::size_t i = first_steps(); i < steps_.size(); ++i) steps_[i]->analyse(scaling, stage);
  return stage.complex.take();
}

template <RealScalar T>
DistTensor<std::complex<T>> PlannedTransform<T>::begin_synthesis(ModeScaling scaling,
                                                                 const DistTensor<std::complex<T>>& modes) const {
  require_space("PlannedTransform::begin_synthesis", "spectrum", modes, spectrum_space());
  Stage<T> stage;
  stage.complex.borrow(modes);
  for (std::size_t i = steps_.size(); i > first_steps(); --i) steps_[i - 1]->synthesise(scaling, stage);
  return stage.complex.take();
}

template class PlannedTransform<float>;
template class PlannedTransform<double>;

}  // namespace tessera
