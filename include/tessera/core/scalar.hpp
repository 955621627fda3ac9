#pragma once

/// \file
/// The element types the library is instantiated for, and what can be asked of them.

#include <complex>
#include <concepts>
#include <type_traits>

namespace tessera {

template <class T>
concept RealScalar = std::same_as<T, float> || std::same_as<T, double>;

template <class T>
concept ComplexScalar = std::same_as<T, std::complex<float>> || std::same_as<T, std::complex<double>>;

template <class T>
concept Scalar = RealScalar<T> || ComplexScalar<T>;

namespace detail {
template <class T>
struct RealOf {
  using type = T;
};
template <class T>
struct RealOf<std::complex<T>> {
  using type = T;
};
}  // namespace detail

/// float for float and complex<float>, double for double and complex<double>.
template <Scalar T>
using RealPart = typename detail::RealOf<T>::type;

/// Real numbers stored per element: 1 for real, 2 for complex scalars.
template <Scalar T>
inline constexpr int kRealsPerElement = ComplexScalar<T> ? 2 : 1;

/// numpy's name of the type: "float32", "float64", "complex64" or "complex128".
template <Scalar T>
constexpr const char* scalar_name() {
  if constexpr (std::same_as<T, float>) return "float32";
  if constexpr (std::same_as<T, double>) return "float64";
  if constexpr (std::same_as<T, std::complex<float>>) return "complex64";
  return "complex128";
}

}  // namespace tessera
