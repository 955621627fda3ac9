/// The `tessera` program: parses the command line, alike on every rank, and runs the command it names.

#include <CLI/App.hpp>
#include <CLI/Formatter.hpp>
#include <optional>

#include "command_line.hpp"
#include "commands.hpp"
#include "tessera/batch/task.hpp"

namespace {

using namespace tessera;

int run(int argc, char** argv, const cli::World& world) {
  CLI::App program("Trains neural operators on tensors that are divided among MPI ranks.", "tessera");
  program.set_version_flag("--version", "tessera " TESSERA_VERSION, "Print the version and exit");
  program.require_subcommand(1);
  program.get_formatter()->label("SUBCOMMAND", "COMMAND");
  program.footer(
      "Run `tessera COMMAND --help` for the options of a command, `mpirun -n N tessera COMMAND ...` for N ranks.");
  cli::Job job;
  cli::add_generate_command(program, job);
  cli::add_train_command(program, job);
  cli::add_predict_command(program, job);
  cli::add_evaluate_command(program, job);
  cli::add_plan_command(program, job);
  cli::add_plot_command(program, job);
  cli::add_verify_command(program, job);
  cli::add_batch_command(program, job);

  if (const std::optional<int> exit_code = cli::parse_command_line(program, argc, argv, *world)) return *exit_code;
  return cli::run_job(job, world);
}

}  // namespace

int main(int argc, char** argv) {
  return tessera::batch::run_program(argc, argv, [&](const cli::World& world) { return run(argc, argv, world); });
}
