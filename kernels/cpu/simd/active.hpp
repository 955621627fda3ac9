#pragma once

/// \file
/// The table of the level in use. Not for the sources compiled per level.

#include <type_traits>
#include <vector>

#include "kernels/cpu/simd/table.hpp"

namespace tessera::kernels::simd {

/// Tables this build holds and this processor can run, slowest first.
std::vector<const Table*> runnable_tables();

/// The table in use, see kernels/cpu_dispatch.hpp.
const Table& active();

/// Its loops over float or double.
template <class T>
const Functions<T>& loops() {
  if constexpr (std::is_same_v<T, float>) {
    return active().for_float;
  } else {
    return active().for_double;
  }
}

}  // namespace tessera::kernels::simd
