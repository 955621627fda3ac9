/// `tessera plot`: pictures of predictions and loss curves.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <filesystem>

#include "commands.hpp"
#include "history_figure.hpp"
#include "prediction_figure.hpp"
#include "settings.hpp"
#include "tessera/core/error.hpp"

namespace tessera::cli {

namespace {

struct PlotOptions {
  Settings settings;
  std::string predictions;
  std::string history;
  std::string figures = "figures";
  Shape samples{0};
  SliceChoice slice;
};

void add_plot_settings(Settings& settings, PlotOptions& options) {
  SliceChoice& slice = options.slice;
  settings.add("plot", "predictions", options.predictions, "HDF5 file written by `tessera predict`");
  settings.add("plot", "history", options.history, "history.csv of a training run");
  settings.add("plot", "figures", options.figures, "folder for the PNG files");
  settings.add("plot", "sample", options.samples, "samples of the predictions file to draw, one picture each",
               each(at_least(0)));
  settings.add("plot", "channel", slice.channel, "channel to draw", at_least(0));
  settings.add("plot", "axis", slice.axis, "space axis to cut across, by name or number; empty: the last of three");
  settings.add("plot", "index", slice.index, "cell at which to cut it; -1: in the middle", at_least(-1));
  settings.add("plot", "times", slice.times, "time steps to draw, one row each; empty: up to four, evenly spaced",
               each(at_least(0)));
  settings.add("plot", "quantity", slice.quantity, "name and unit of the field, for its colour bar");
  settings.add("plot", "interpolation", slice.interpolation, "between the middles of cells; nearest shows the cells",
               {{"bilinear", Interpolation::bilinear}, {"nearest", Interpolation::nearest}});
}

void write(const Canvas& figure, const std::filesystem::path& path) {
  figure.write_png(path);
  fmt::print("{}\n", path.string());
}

/// On one rank.
void draw(const PlotOptions& options) {
  const std::filesystem::path folder(options.figures);
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) throw IoError(fmt::format("{}: cannot be created ({})", options.figures, failure.message()));
  if (!options.history.empty()) write(history_figure(options.history), folder / "history.png");
  if (options.predictions.empty()) return;
  Hdf5File file = Hdf5File::open(options.predictions, std::make_shared<const Communicator>(Communicator::self()));
  for (const Index sample : options.samples) {
    SliceChoice slice = options.slice;
    slice.sample = sample;
    write(prediction_figure(file, slice), folder / fmt::format("sample{}.png", sample));
  }
  file.close();
}

int run_plot(const PlotOptions& options, const World& world) {
  if (options.predictions.empty() && options.history.empty()) {
    throw ConfigError("plot: expected --predictions or --history, found neither");
  }
  world->together([&] {
    if (world->rank() == 0) draw(options);
  });
  return 0;
}

}  // namespace

void add_plot_command(CLI::App& program, Job& job) {
  const auto options = std::make_shared<PlotOptions>();
  add_plot_settings(options->settings, *options);
  CLI::App& command =
      *program.add_subcommand("plot", "Draw truth, prediction and error of predictions, and loss curves");
  options->settings.add_options(command, {"plot"});
  command.footer(
      "Runs on one rank; others wait.\n"
      "Example:\n  tessera plot --predictions run/predictions.h5 --history run/history.csv --figures run/figures");
  command.callback([options, &job] {
    job = [options](const World& world) {
      options->settings.resolve(*world);
      return run_plot(*options, world);
    };
  });
}

}  // namespace tessera::cli
