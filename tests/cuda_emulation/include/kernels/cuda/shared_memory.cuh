#pragma once

/// \file
/// What the file of this name in kernels/cuda declares, for the emulation.

#include <cstddef>

#include "emulation/kernel.hpp"
#include "emulation/shared_variable.hpp"

namespace tessera::kernels::cuda {

template <class T>
struct Shared : T {
  Shared() { emulation::SharedVariable::bind(this, sizeof *this); }
};

template <class T, std::size_t Count>
struct Shared<T[Count]> {
  T values[Count];

  Shared() { emulation::SharedVariable::bind(this, sizeof *this); }
  template <class Number>
  T& operator[](Number i) {
    return values[i];
  }
};

template <class T>
T& dynamic_shared_memory() {
  return *static_cast<T*>(emulation::dynamic_memory());
}

}  // namespace tessera::kernels::cuda
