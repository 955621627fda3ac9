/// `tessera generate`: simulates data sets.

#include "generate_command.hpp"

#include <CLI/App.hpp>

namespace tessera::cli {

void add_generate_command(CLI::App& program, Job& job) {
  CLI::App& generate = *program.add_subcommand("generate", "Simulate a data set");
  generate.require_subcommand(1);
  add_navier_stokes(generate, job);
  add_co2_flow(generate, job);
}

}  // namespace tessera::cli
