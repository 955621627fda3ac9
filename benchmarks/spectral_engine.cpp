#include "spectral_engine.hpp"

namespace tessera::bench {

namespace {

constexpr std::size_t kChannelAxis = 1;

/// No one watches these passes.
void ignore_progress(double) {}

/// Fields of the sweep's input and output have all channels, so that tensors can be brought into tiles and back.
engine::Sweep<float> make_sweep(const TileSpectral::Transform& transform) {
  const TensorSpace space = transform->grid_space();
  const Index width = space.shape[kChannelAxis];
  return {space.tile(), width, width, 0, width, transform->first_lines()};
}

}  // namespace

TileSpectral::TileSpectral(const Transform& transform, const Partition& weights)
    : space_(transform->grid_space()),
      sweep_(make_sweep(transform)),
      coupling_(transform, weights),
      modes_(sweep_.mode_count()) {}

bool TileSpectral::serves(const Transform& transform) {
  return transform->plan().grid_ranks.extents()[kChannelAxis] == 1 &&
         transform->plan().steps.front().kind == TransformStep::Kind::transform;
}

auto TileSpectral::tiles_of(const DistTensor<float>& x) -> Tiles {
  Tiles result = tiles();
  const TensorReader<float> reader(x);
  engine::PassFields<float> fields;
  fields.input = &reader;
  sweep_.run(
      fields, [&](engine::TileVisit<float>& visit) { visit.get_input(result.data() + offset(visit)); },
      ignore_progress);
  return result;
}

DistTensor<float> TileSpectral::tensor_of(const Tiles& tiles) {
  DistTensor<float> result(space_);
  TensorWriter<float> writer(result);
  engine::PassFields<float> fields;
  fields.output = &writer;
  sweep_.run(
      fields, [&](engine::TileVisit<float>& visit) { visit.put_output(tiles.data() + offset(visit)); },
      ignore_progress);
  return result;
}

auto TileSpectral::analyse(ModeScaling scaling, const Tiles& tiles) -> Spectrum {
  engine::PassFields<float> fields;
  fields.result = modes_.data();
  fields.result_scaling = scaling;
  sweep_.run(
      fields, [&](engine::TileVisit<float>& visit) { visit.analyse(tiles.data() + offset(visit)); }, ignore_progress);
  return coupling_.analyse(scaling, sweep_, modes_.data());
}

void TileSpectral::synthesise(ModeScaling scaling, const Spectrum& spectrum, Tiles& tiles) {
  coupling_.synthesise(scaling, sweep_, spectrum, modes_.data());
  engine::PassFields<float> fields;
  fields.sources.push_back({modes_.data(), scaling});
  sweep_.run(
      fields, [&](engine::TileVisit<float>& visit) { visit.synthesise(0, tiles.data() + offset(visit)); },
      ignore_progress);
}

}  // namespace tessera::bench
