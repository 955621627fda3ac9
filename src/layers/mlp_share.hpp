#pragma once

/// \file
/// The local part of a ChannelMlp.

#include "tessera/core/device.hpp"
#include "tessera/core/scalar.hpp"
#include "tessera/core/shape.hpp"

namespace tessera {

/// One rank's share of a perceptron on its tile of grid points: of x [batch, in, points]
///   y[b, :, p] = W2 gelu(W1 x[b, :, p] + b1) + b2
/// with some of the hidden channels. All arrays are contiguous and on one device.
template <RealScalar T>
struct MlpShare {
  Index batch, in, hidden, out, points;
  const T *weight1, *bias1, *weight2, *bias2;  ///< bias2 may be null

  struct Gradients {
    T *x, *weight1, *bias1, *weight2, *bias2;  ///< x may be null
  };

  void forward(const Device& device, const T* x, T* y) const;
  /// Writes the gradient of x, adds to those of the weights. On the CPU the hidden layer is never stored.
  void backward(const Device& device, const T* x, const T* gy, const Gradients& gradients) const;

 private:
  template <class Body>
  void for_each_tile(Body&& body) const;
  void hidden_layer(const T* x, Index count, T* h) const;
  void forward_tiles(const T* x, T* y) const;
  void backward_tiles(const T* x, const T* gy, const Gradients& gradients) const;
};

}  // namespace tessera
