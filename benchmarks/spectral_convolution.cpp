#include "spectral_convolution.hpp"

#include <optional>

#include "kernels/mode_mixing.hpp"

namespace tessera::bench {

namespace {

using Complex = std::complex<float>;

DistTensor<float> normal(const TensorSpace& space, const char* name) {
  DistTensor<float> tensor(space);
  fill_normal(tensor, RandomStream(1, name));
  return tensor;
}

class LayerConvolution final : public Convolution {
 public:
  using Convolution::Convolution;

  void prepare() override {
    Convolution::prepare();
    y_.reset();
    gx_.reset();
    x_ = problem().x.clone();
    gy_ = problem().gy.clone();
  }
  void forward() override {
    Tape tape(false);
    problem().layer(tape.constant(std::move(*x_)));
  }
  void gradient() override {
    Tape tape;
    const Variable<float> x = tape.leaf(std::move(*x_));
    const Variable<float> y = problem().layer(x);
    tape.backward(y, std::move(*gy_));
    gx_ = std::move(*x.slot()->gathered());
    y_ = y;
  }

 private:
  DistTensor<float> y() override { return y_->value().clone(); }
  DistTensor<float> gx() override { return gx_->clone(); }

  std::optional<DistTensor<float>> x_, gy_, gx_;
  std::optional<Variable<float>> y_;
};

class EngineConvolution final : public Convolution {
 public:
  explicit EngineConvolution(const std::shared_ptr<ConvolutionProblem>& problem_of)
      : Convolution(problem_of),
        engine_(problem().transform, problem().layer.weight().use_space().partition),
        x_(engine_.tiles_of(problem().x)),
        gy_(engine_.tiles_of(problem().gy)),
        y_(engine_.tiles()),
        gx_(engine_.tiles()) {}

  void forward() override { spectrum(); }
  void gradient() override {
    const auto modes = spectrum();
    const auto gradient = engine_.analyse(ModeScaling::inverse, gy_);
    engine_.synthesise(ModeScaling::unit, engine::mix_backward<float>(problem().layer.weight(), modes, gradient), gx_);
  }

 private:
  /// Computes y; the spectrum of x.
  TileSpectral::Spectrum spectrum() {
    auto modes = engine_.analyse(ModeScaling::unit, x_);
    engine_.synthesise(ModeScaling::inverse, engine::mix<float>(problem().layer.weight(), modes), y_);
    return modes;
  }
  DistTensor<float> y() override { return engine_.tensor_of(y_); }
  DistTensor<float> gx() override { return engine_.tensor_of(gx_); }

  TileSpectral engine_;
  TileSpectral::Tiles x_, gy_, y_, gx_;
};

class FullConvolution final : public Convolution {
 public:
  FullConvolution(const std::shared_ptr<ConvolutionProblem>& problem_of, std::unique_ptr<FullTransform> transform)
      : Convolution(problem_of),
        transform_(std::move(transform)),
        y_(problem().x.space()),
        gx_(problem().x.space()),
        modes_(problem().transform->spectrum_space()),
        gradient_(modes_.space()),
        mixed_(modes_.space()) {
    const Shape& extent = modes_.shape();
    size_ = {extent[0], extent[1], extent[1], volume(extent) / (extent[0] * extent[1])};
  }

  void forward() override {
    transform_->analyse(ModeScaling::unit, problem().x.data(), modes_.data());
    kernels::mix_modes(size_, modes_.data(), weight().value.data(), mixed_.data());
    transform_->synthesise(ModeScaling::inverse, mixed_.data(), y_.data());
  }
  void gradient() override {
    forward();
    transform_->analyse(ModeScaling::inverse, problem().gy.data(), gradient_.data());
    kernels::mix_modes_adjoint_weight(size_, gradient_.data(), modes_.data(), weight().gradient.data(), true);
    kernels::mix_modes_adjoint_input(size_, gradient_.data(), weight().value.data(), mixed_.data());
    transform_->synthesise(ModeScaling::unit, mixed_.data(), gx_.data());
  }

 private:
  Parameter<Complex>& weight() { return problem().layer.weight().parameter(); }
  DistTensor<float> y() override { return y_.clone(); }
  DistTensor<float> gx() override { return gx_.clone(); }

  std::unique_ptr<FullTransform> transform_;
  DistTensor<float> y_, gx_;
  DistTensor<Complex> modes_, gradient_, mixed_;
  kernels::ModeMixing size_{};
};

}  // namespace

ConvolutionProblem::ConvolutionProblem(const TileSpectral::Transform& planned, const Partition& partition)
    : transform(planned),
      layer("spectral", partition, planned->plan().spectral, planned->plan().grid_shape[1],
            planned->plan().grid_shape[1], 1, {.schedule = planned->plan().schedule}),
      x(normal(planned->grid_space(), "x")),
      gy(normal(planned->grid_space(), "gy")) {}

Convolution::Results Convolution::results() {
  prepare();
  gradient();
  return {y(), gx(), problem_->layer.weight().parameter().gradient.clone()};
}

std::unique_ptr<Convolution> make_layer_convolution(const std::shared_ptr<ConvolutionProblem>& problem) {
  return std::make_unique<LayerConvolution>(problem);
}

std::unique_ptr<Convolution> make_engine_convolution(const std::shared_ptr<ConvolutionProblem>& problem) {
  if (!TileSpectral::serves(problem->transform)) return nullptr;
  return std::make_unique<EngineConvolution>(problem);
}

std::unique_ptr<Convolution> make_full_convolution(const std::shared_ptr<ConvolutionProblem>& problem, bool measure) {
  const Shape& shape = problem->x.shape();
  if (problem->x.communicator().size() > 1) return nullptr;
  auto transform = make_full_transform(problem->transform->plan().spectral, shape[0] * shape[1], measure);
  if (!transform) return nullptr;
  return std::make_unique<FullConvolution>(problem, std::move(transform));
}

}  // namespace tessera::bench
