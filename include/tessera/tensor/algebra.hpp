#pragma once

/// \file
/// Local vector arithmetic on distributed tensors: no communication.

#include "tessera/tensor/dist_tensor.hpp"

namespace tessera {

/// y += a x. Throws ShapeError unless both live in one space.
template <class T>
void axpy(double a, const DistTensor<T>& x, DistTensor<T>& y);

/// x *= a
template <class T>
void scale(double a, DistTensor<T>& x);

}  // namespace tessera
