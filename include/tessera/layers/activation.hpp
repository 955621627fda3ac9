#pragma once

/// \file
/// Pointwise activations.

#include "tessera/autograd/variable.hpp"

namespace tessera {

/// The exact Gaussian error linear unit x (1 + erf(x / sqrt 2)) / 2, cell by cell (Hendrycks & Gimpel, arXiv
/// 1606.08415). Any partition; no communication. Keeps its input for the backward pass.
template <RealScalar T>
Variable<T> gelu(const Variable<T>& x);

}  // namespace tessera
