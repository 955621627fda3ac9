#include "tessera/models/fno_config.hpp"

#include <string>

#include "tessera/core/error.hpp"
#include "tessera/spectral/spectral_grid.hpp"

namespace tessera {

namespace {

Shape with_leading(Index batch, Index channels, const Shape& grid) {
  Shape shape{batch, channels};
  shape.insert(shape.end(), grid.begin(), grid.end());
  return shape;
}

}  // namespace

const char* activations_name(Activations activations) noexcept {
  switch (activations) {
    case Activations::all: return "all";
    case Activations::one: return "one";
    case Activations::none: return "none";
  }
  return "unknown";
}

Activations activations_from_name(std::string_view name) {
  for (const Activations known : {Activations::all, Activations::one, Activations::none}) {
    if (name == activations_name(known)) return known;
  }
  throw ConfigError("activations: expected one of all, one, none, got '" + std::string(name) + "'");
}

const char* activation_type_name(ActivationType type) noexcept {
  return type == ActivationType::float32 ? "float32" : "bfloat16";
}

const char* product_precision_name(ProductPrecision precision) noexcept {
  return precision == ProductPrecision::full ? "full" : "tensor_float32";
}

Shape FnoConfig::input_shape(Index batch) const {
  Shape shape = with_leading(batch, in_channels, grid);
  if (in_steps > 0) shape.back() = in_steps;
  return shape;
}

Shape FnoConfig::output_shape(Index batch) const { return with_leading(batch, out_channels, grid); }

void FnoConfig::validate() const {
  const auto require = [](const char* name, Index value, Index least) {
    if (value < least) {
      throw ConfigError("model: " + std::string(name) + " must be at least " + std::to_string(least) + ", got " +
                        std::to_string(value));
    }
  };
  require("in_channels", in_channels, 1);
  require("out_channels", out_channels, 1);
  require("in_steps", in_steps, 0);
  require("width", width, 1);
  require("hidden", hidden, 1);
  require("blocks", blocks, 1);
  const SpectralGrid spectral(grid, modes);
}

Index parameter_count(const FnoConfig& config) {
  const Index lift_time = config.in_steps > 0 ? config.grid.back() * (config.in_steps + 1) : 0;
  const Index lift_channel = config.width * (config.in_channels + 1);
  const Index modes = volume(SpectralGrid(config.grid, config.modes).kept());
  const Index block = config.width * config.width * (1 + 2 * modes);
  const Index project = config.hidden * (config.width + 1) + config.out_channels * (config.hidden + 1);
  return lift_time + lift_channel + config.blocks * block + project;
}

}  // namespace tessera
