#pragma once

/// \file
/// What a Fourier neural operator is made of, and how it is run.

#include <string_view>

#include "tessera/layers/shared_weight.hpp"
#include "tessera/spectral/transform_plan.hpp"

namespace tessera {

/// How much of the grid an Fno keeps for its backward pass. Gradients are the same, to rounding.
enum class Activations {
  all,  ///< every block's pre-activation: fastest
  one,  ///< a single tensor of the blocks' width, earlier ones recomputed
  none  ///< nothing of grid size: every pass starts from the input, tile by tile
};

const char* activations_name(Activations activations) noexcept;
/// Throws ConfigError naming the known ones.
Activations activations_from_name(std::string_view name);

/// In which type an Fno keeps those tensors. Everything is computed in the type of the model.
enum class ActivationType {
  float32,  ///< that type itself, also where it is double
  bfloat16  ///< half of the memory, relative error 2^-9 of every value kept; models in float32 on CUDA devices
};

const char* activation_type_name(ActivationType type) noexcept;

/// How an Fno in float32 multiplies channels.
enum class ProductPrecision {
  full,           ///< in the type of the model
  tensor_float32  ///< by a CUDA device's tensor cores: factors rounded to 10 bits of fraction, sums in float32
};

const char* product_precision_name(ProductPrecision precision) noexcept;

/// Sizes of an Fno. The last grid axis is time for time-dependent problems.
struct FnoConfig {
  Index in_channels = 1;
  Index out_channels = 1;
  Shape grid;          ///< extents of the output grid, 1 to 4 axes
  Index in_steps = 0;  ///< extent of the input on the last axis; it is lifted to grid.back(). 0: no lift
  Shape modes;         ///< kept modes per grid axis, see SpectralGrid
  Index width = 20;    ///< channels of the blocks
  Index hidden = 128;  ///< channels of the projection's hidden layer
  Index blocks = 4;
  Schedule schedule = Schedule::automatic;
  Initialisation initialisation = Initialisation::variance_preserving;
  Activations activations = Activations::all;
  ActivationType activation_type = ActivationType::float32;
  ProductPrecision products = ProductPrecision::full;  ///< of lift and blocks

  /// [batch, in_channels, space..., in_steps or grid.back()]
  Shape input_shape(Index batch) const;
  /// [batch, out_channels, grid...]
  Shape output_shape(Index batch) const;

  /// Throws ConfigError (or the FftError of SpectralGrid) naming the entry that does not fit.
  void validate() const;

  friend bool operator==(const FnoConfig&, const FnoConfig&) = default;
};

/// Number of real values in all parameters (a complex weight counts two), the same for every partition.
Index parameter_count(const FnoConfig& config);

}  // namespace tessera
