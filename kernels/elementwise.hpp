#pragma once

/// \file
/// Elementwise updates and reductions over contiguous arrays. Sums are accumulated in double.

#include <complex>

#include "tessera/core/scalar.hpp"
#include "tessera/core/shape.hpp"

namespace tessera::kernels {

/// y[i] += a x[i]
template <class T>
void axpy(Index count, RealPart<T> a, const T* x, T* y);

/// x[i] *= a
template <class T>
void scale(Index count, RealPart<T> a, T* x);

/// y[i] *= x[i]. Real types.
template <class T>
void multiply_elements(Index count, const T* x, T* y);

/// sum_i x[i]. Real types.
template <class T>
double sum(Index count, const T* x);

/// Re sum_i conj(a[i]) b[i]
template <class T>
double real_dot(Index count, const T* a, const T* b);

/// Parts of one Adam step (Kingma & Ba, arXiv 1412.6980, algorithm 1; decoupled weight decay as in
/// Loshchilov & Hutter, arXiv 1711.05101, algorithm 2).
struct AdamStep {
  double learning_rate;
  double beta1, beta2, epsilon;
  double correction1, correction2;  ///< 1 - beta1^t and 1 - beta2^t
  double weight_decay;              ///< decoupled: w -= learning_rate * weight_decay * w
  double gradient_scale;            ///< factor on the gradient (clipping)
};

/// m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) |g|^2;  w -= rate (m / c1) / (sqrt(v / c2) + epsilon) +
/// decay. Complex weights share one second moment of |g|^2 per element.
template <class T>
void adam_update(Index count, const AdamStep& step, const T* gradient, T* weight, T* first_moment,
                 RealPart<T>* second_moment);

/// True when every element is finite.
template <class T>
bool all_finite(Index count, const T* values);

}  // namespace tessera::kernels
