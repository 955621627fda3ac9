#pragma once

/// \file
/// `tessera plan --probe`: what there is to compute on.

#include "commands.hpp"

namespace tessera::cli {

/// Rank 0 prints what every rank found: its device or why it has none, and MPI and NCCL, and how data in device memory
/// would travel. Selects the devices. Collective; returns the exit code.
int run_probe(const World& world);

}  // namespace tessera::cli
