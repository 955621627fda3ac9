#include "tessera/models/fno.hpp"

#include "tessera/core/error.hpp"

namespace tessera {

namespace {

Shape with_leading(Index batch, Index channels, const Shape& grid) {
  Shape shape{batch, channels};
  shape.insert(shape.end(), grid.begin(), grid.end());
  return shape;
}

const FnoConfig& validated(const FnoConfig& config) {
  config.validate();
  return config;
}

/// The channel lift follows a gelu only where time is lifted first.
double lift_channel_gain(const FnoConfig& config) { return config.in_steps > 0 ? kGeluGain : 1.0; }

}  // namespace

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

template <RealScalar T>
Fno<T>::Fno(const FnoConfig& config, const Partition& partition, std::uint64_t seed)
    : config_(validated(config)),
      partition_(partition),
      lift_channel_("lift_channel", partition, config.in_channels, config.width, seed,
                    {.bias = true, .gain = lift_channel_gain(config)}),
      project_("project1", "project2", partition, config.width, config.hidden, config.out_channels, seed) {
  const std::size_t axes = config.grid.size() + 2;
  if (partition.grid().extents().size() != axes || !(partition.grid() == RankGrid(partition.grid().extents()))) {
    throw PartitionError("Fno: the partition " + to_string(partition) + " must have " + std::to_string(axes) +
                         " entries: batch, channel and " + std::to_string(config.grid.size()) + " grid axes");
  }
  if (config.in_steps > 0) {
    lift_time_.emplace("lift_time", partition, axes - 1, config.in_steps, config.grid.back(), seed,
                       typename AxisAffine<T>::Options{});
  }
  const SpectralGrid spectral(config.grid, config.modes);
  for (Index block = 0; block < config.blocks; ++block) {
    blocks_.emplace_back("block" + std::to_string(block), partition, spectral, config.width, seed, config.schedule,
                         config.initialisation, kGeluGain);
  }
}

template <RealScalar T>
Variable<T> Fno<T>::operator()(const Variable<T>& x) {
  const Shape& shape = x.space().shape;
  require_space("Fno", "input", x.value(), input_space(shape.empty() ? 1 : shape[0]));
  Variable<T> h = lift_time_ ? gelu((*lift_time_)(x)) : x;
  h = gelu(lift_channel_(h));
  for (FnoBlock<T>& block : blocks_) h = block(h);
  return project_(h);
}

template <RealScalar T>
ParameterList<T> Fno<T>::parameters() {
  ParameterList<T> list;
  if (lift_time_) lift_time_->list_parameters(list);
  lift_channel_.list_parameters(list);
  for (FnoBlock<T>& block : blocks_) block.list_parameters(list);
  project_.list_parameters(list);
  return list;
}

Index parameter_count(const FnoConfig& config) {
  const Index lift_time = config.in_steps > 0 ? config.grid.back() * (config.in_steps + 1) : 0;
  const Index lift_channel = config.width * (config.in_channels + 1);
  const Index modes = volume(SpectralGrid(config.grid, config.modes).kept());
  const Index block = config.width * config.width * (1 + 2 * modes);
  const Index project = config.hidden * (config.width + 1) + config.out_channels * (config.hidden + 1);
  return lift_time + lift_channel + config.blocks * block + project;
}

template class Fno<float>;
template class Fno<double>;

}  // namespace tessera
