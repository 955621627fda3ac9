#pragma once

/// \file
/// The fused engine's transforms by themselves, on data that stays in memory in the order of tiles.

#include <complex>
#include <memory>

#include "models/engine/spectral_coupling.hpp"
#include "models/engine/sweep.hpp"

namespace tessera::bench {

/// Transforms as in an FnoEngine's passes, without the layers in between. Members but Tiles are collective.
class TileSpectral {
 public:
  using Transform = std::shared_ptr<const PlannedTransform<float>>;
  using Spectrum = DistTensor<std::complex<float>>;
  /// [sample][tile][channel][t][z]
  using Tiles = Buffer<float>;

  /// `weights`: where modes end up, see SpectralCoupling.
  TileSpectral(const Transform& transform, const Partition& weights);
  TileSpectral(const TileSpectral&) = delete;
  TileSpectral& operator=(const TileSpectral&) = delete;

  /// Whether the engine can work on these ranks: none on the channel axis, some axis transformed before data moves.
  static bool serves(const Transform& transform);

  Tiles tiles() const { return Tiles(sweep_.samples() * sample_size()); }
  Tiles tiles_of(const DistTensor<float>& x);
  DistTensor<float> tensor_of(const Tiles& tiles);

  Spectrum analyse(ModeScaling scaling, const Tiles& tiles);
  void synthesise(ModeScaling scaling, const Spectrum& spectrum, Tiles& tiles);

 private:
  Index width() const { return space_.shape[1]; }
  Index sample_size() const { return sweep_.tiling().cells() * width(); }
  Index offset(const engine::TileVisit<float>& visit) const {
    return visit.sample * sample_size() + visit.tile.offset * width();
  }

  TensorSpace space_;
  engine::Sweep<float> sweep_;
  engine::SpectralCoupling<float> coupling_;
  Buffer<float> modes_;
};

}  // namespace tessera::bench
