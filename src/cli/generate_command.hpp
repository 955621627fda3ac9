#pragma once

/// \file
/// The generators of `tessera generate`, each in generate_<name>.cpp.

#include "commands.hpp"

namespace tessera::cli {

void add_navier_stokes(CLI::App& generate, Job& job);
void add_co2_flow(CLI::App& generate, Job& job);

}  // namespace tessera::cli
