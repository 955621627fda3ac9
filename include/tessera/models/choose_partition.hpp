#pragma once

/// \file
/// Which axes to divide among the ranks when nobody has said.

#include "tessera/models/fno.hpp"

namespace tessera {

/// The extents [batch, channel, grid...] of a rank grid of `ranks` ranks for a model and a batch. Among all ways to
/// write `ranks` as a product over the axes allowed, that with the smallest largest tile of the output grid; among
/// equals, that whose busiest rank sends the fewest bytes in the spectral convolutions; then that which divides earlier
/// axes. Allowed are the space axes (all grid axes but the last); time as well where the space axes have too few cells
/// to give every rank one; the batch as well where that is too few, too. Where even that leaves ranks idle, all of
/// them.
///
/// Pure arithmetic, the same on every rank. Throws PartitionError when ranks < 1 or the model's schedule serves none of
/// the candidates.
Shape choose_partition(Index ranks, const FnoConfig& config, Index batch);

}  // namespace tessera
