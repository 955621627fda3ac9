/// `tessera verify`: compares the library's Fno with a reference computed elsewhere.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "run_config.hpp"
#include "tessera/testing/reference_check.hpp"

namespace tessera::cli {

namespace {

constexpr double kFloatTolerance = 1e-4;
constexpr double kDoubleTolerance = 1e-12;

struct VerifyOptions {
  RunConfig config;
  Settings settings;
  std::string file;
  Precision dtype = Precision::float64;
  double tolerance = 0.0;
};

int run_verify(const VerifyOptions& options, const World& program) {
  const ReferenceModel reference = read_reference_model(options.file, program);
  RunConfig config = options.config;
  const World world = set_up_ranks(config, program);
  config.training.batch_size = reference.batch;
  const Shape partition = partition_for(config, reference.config, world->size());
  const Schedule schedule = config.model.schedule;
  const bool single = options.dtype == Precision::float32;
  const ReferenceReport report = single ? check_reference<float>(options.file, world, partition, schedule)
                                        : check_reference<double>(options.file, world, partition, schedule);
  const double tolerance = options.tolerance > 0.0 ? options.tolerance : single ? kFloatTolerance : kDoubleTolerance;
  // Written this way round so that a NaN fails.
  const bool passed = report.max <= tolerance;
  if (world->rank() == 0) {
    const nlohmann::ordered_json json{{"output", report.output},
                                      {"loss", report.loss},
                                      {"gradients", report.gradients},
                                      {"max", report.max},
                                      {"tolerance", tolerance},
                                      {"dtype", single ? "float32" : "float64"},
                                      {"partition", partition},
                                      {"schedule", schedule_name(schedule)},
                                      {"device", to_string(world->device())},
                                      {"passed", passed}};
    fmt::print("{}\n", json.dump(2));
  }
  return passed ? 0 : 1;
}

}  // namespace

void add_verify_command(CLI::App& program, Job& job) {
  const auto options = std::make_shared<VerifyOptions>();
  Settings& settings = options->settings;
  add_run_settings(settings, options->config);
  settings.add("verify", "dtype", options->dtype, "floating-point type computed in",
               {{"float32", Precision::float32}, {"float64", Precision::float64}});
  settings.add("verify", "tolerance", options->tolerance,
               "largest relative error that passes; 0: 1e-12 for float64, 1e-4 for float32", at_least(0));
  CLI::App& command = *program.add_subcommand(
      "verify", "Compare output, loss and gradients with a reference file from another implementation");
  command.add_option("reference", options->file, "HDF5 file with input, target, output, parameters and gradients")
      ->required()
      ->type_name("FILE.h5");
  settings.add_options(command,
                       {"verify", "run.partition", "run.threads", "run.device", "run.backend", "model.schedule"});
  command.footer(
      "Prints one JSON object of relative errors in the 2-norm; the exit code is 1 when one exceeds the tolerance.\n"
      "examples/export_reference.py writes such a file from a PyTorch model.\n"
      "Example:\n  mpirun -n 2 tessera verify tests/data/fno3d.h5 --partition 1,1,2,1,1");
  command.callback([options, &job] {
    job = [options](const World& world) {
      options->settings.resolve(*world);
      return run_verify(*options, world);
    };
  });
}

}  // namespace tessera::cli
