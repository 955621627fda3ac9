#pragma once

/// \file
/// What an engine computes of a Fourier neural operator.

#include "tessera/models/fno_config.hpp"

namespace tessera::engine {

/// Some neighbouring blocks of a model, with the layers before and after them where the part begins or ends the model.
struct FnoPart {
  FnoConfig config;            ///< of the part: its own number of blocks, channels and steps of what goes in and out
  bool has_lift = true;        ///< false: the input is v_first, [batch, width, grid...], after its gelu
  bool has_projection = true;  ///< false: the output is v_last
};

/// Blocks [blocks.start, blocks.start + blocks.extent) of a model.
inline FnoPart part_of(const FnoConfig& model, const Range& blocks) {
  FnoPart part{model, blocks.start == 0, blocks.start + blocks.extent == model.blocks};
  part.config.blocks = blocks.extent;
  if (!part.has_lift) {
    part.config.in_channels = model.width;
    part.config.in_steps = 0;
  }
  if (!part.has_projection) part.config.out_channels = model.width;
  return part;
}

}  // namespace tessera::engine
