#pragma once

/// \file
/// What the products on a device are made of.

namespace tessera::kernels {

/// How products of float data are computed; products of double data are always in double.
enum class Products {
  float32,        ///< by multiply-adds in float
  tensor_float32  ///< by tensor cores: both factors rounded to 10 bits of fraction (relative error 2^-11), sums in
                  ///< float
};

}  // namespace tessera::kernels
