#pragma once

/// \file
/// Ways to compute one spectral convolution and its gradients.

#include <complex>
#include <memory>
#include <string>

#include "spectral_engine.hpp"
#include "spectral_fftw.hpp"
#include "tessera/layers/spectral_conv.hpp"

namespace tessera::bench {

/// y = IF(R . F x), and from gy = dL/dy the gradients gx and gR.
struct ConvolutionProblem {
  ConvolutionProblem(const TileSpectral::Transform& planned, const Partition& partition);

  TileSpectral::Transform transform;
  SpectralConv<float> layer;
  DistTensor<float> x, gy;
};

/// One way to compute it; gradients with respect to R are added to the layer's. Members are collective.
class Convolution {
 public:
  struct Results {
    DistTensor<float> y, gx;
    DistTensor<std::complex<float>> gr;
  };

  explicit Convolution(const std::shared_ptr<ConvolutionProblem>& problem) : problem_(problem) {}
  Convolution(const Convolution&) = delete;
  Convolution& operator=(const Convolution&) = delete;
  virtual ~Convolution() = default;

  /// What a repeat uses up, outside its time.
  virtual void prepare() { problem_->layer.weight().parameter().zero_gradient(); }
  virtual void forward() = 0;
  /// Forward and backward.
  virtual void gradient() = 0;
  /// Of a gradient computed for the purpose.
  Results results();

 protected:
  ConvolutionProblem& problem() { return *problem_; }

 private:
  virtual DistTensor<float> y() = 0;
  virtual DistTensor<float> gx() = 0;

  std::shared_ptr<ConvolutionProblem> problem_;
};

/// The layer on a tape.
std::unique_ptr<Convolution> make_layer_convolution(const std::shared_ptr<ConvolutionProblem>& problem);
/// The engine's parts, on tiles. Null where it cannot work on these ranks.
std::unique_ptr<Convolution> make_engine_convolution(const std::shared_ptr<ConvolutionProblem>& problem);
/// Transforms of all modes with FFTW around the library's product of modes. Null on several ranks and without FFTW.
std::unique_ptr<Convolution> make_full_convolution(const std::shared_ptr<ConvolutionProblem>& problem, bool measure);

}  // namespace tessera::bench
