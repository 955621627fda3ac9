#pragma once

/// \file
/// The trainable parameters of a model, in a fixed order.

#include <complex>
#include <variant>
#include <vector>

#include "tessera/autograd/variable.hpp"

namespace tessera {

/// A real or a complex parameter, owned by a layer.
template <RealScalar T>
using ParameterRef = std::variant<Parameter<T>*, Parameter<std::complex<T>>*>;

/// The same order and names on every rank and for every partition.
template <RealScalar T>
using ParameterList = std::vector<ParameterRef<T>>;

}  // namespace tessera
