/// `tessera data`: what is in a data set, its conversion between formats, and whether it is sound.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <filesystem>
#include <optional>

#include "commands.hpp"
#include "tessera/core/error.hpp"
#include "tessera/core/progress.hpp"
#include "tessera/io/dataset_check.hpp"
#include "tessera/io/dataset_conversion.hpp"
#include "tessera/io/hdf5_file.hpp"
#include "tessera/io/zarr_group.hpp"

namespace tessera::cli {

namespace {

constexpr double kMebibyte = 1 << 20;
constexpr const char* kDataset = "HDF5 file, Zarr group in a folder or below a URL, or a description in TOML";

struct ConvertOptions {
  std::string from, to;
  Shape chunk;
  std::string compressor;
};

double bytes_on_disk(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored))
    return static_cast<double>(std::filesystem::file_size(path, ignored));
  double bytes = 0;
  std::filesystem::recursive_directory_iterator entry(path, ignored), end;
  for (; !ignored && entry != end; entry.increment(ignored)) {
    if (entry->is_regular_file(ignored)) bytes += static_cast<double>(entry->file_size(ignored));
  }
  return bytes;
}

/// "float32, chunks [1, 1, 32, 32, 32] by blosc-lz4:5"
std::string storage_of(const Dataset& dataset, const char* name) {
  if (dataset.format() == DatasetFormat::zarr) {
    const ZarrArray array = ZarrGroup::open(open_store(dataset.path())).open_array(name);
    return fmt::format("{}, {} chunks {} by {}", array.scalar(), volume(array.chunk_grid()), to_string(array.chunk()),
                       to_string(array.compressor()));
  }
  if (dataset.format() == DatasetFormat::described) return "from " + dataset.data_path();
  const auto self = std::make_shared<const Communicator>(Communicator::self());
  return Hdf5File::open(dataset.path(), self).describe(name).scalar;
}

std::string completeness_of(const Dataset& dataset) {
  if (dataset.complete()) return "yes";
  const std::size_t missing = dataset.missing_samples().size();
  return missing == 0 ? "no" : fmt::format("no, {} of {} samples are missing", missing, dataset.sample_count());
}

void print_info(const Dataset& dataset) {
  const auto line = [](const std::string& name, const std::string& text) { fmt::print("{:<10} {}\n", name, text); };
  line("format", format_name(dataset.format()));
  line("samples", std::to_string(dataset.sample_count()));
  line("input", fmt::format("{}  {}", to_string(dataset.input_shape()), storage_of(dataset, "input")));
  line("output", fmt::format("{}  {}", to_string(dataset.output_shape()), storage_of(dataset, "output")));
  const auto list = [&](const char* name, const auto& entries) {
    if (!entries.empty()) line(name, fmt::format("{}", fmt::join(entries, ", ")));
  };
  const DatasetLayout& layout = dataset.layout();
  list("axes", layout.axis_names);
  list("spacing", layout.grid_spacing);
  list("origin", layout.grid_origin);
  list("units", layout.axis_units);
  if (std::filesystem::exists(dataset.data_path())) {
    line("on disk", fmt::format("{:.1f} MiB", bytes_on_disk(dataset.data_path()) / kMebibyte));
  }
  line("complete", completeness_of(dataset));
  for (const auto& [name, text] : layout.provenance) fmt::print("\n[{}]\n{}\n", name, text);
}

int run_info(const std::string& path, const World& world) {
  const Dataset dataset(path, world, {.unfinished = Unfinished::accepted});
  world->together([&] {
    if (world->rank() == 0) print_info(dataset);
  });
  return 0;
}

/// The part of `chunk` that fits into a shape [channel, grid...].
Shape clipped(const Shape& chunk, const Shape& shape) {
  if (chunk.empty()) return {};
  if (chunk.size() != shape.size() || *std::min_element(chunk.begin(), chunk.end()) < 1) {
    throw ConfigError(fmt::format("--chunk: expected {} positive numbers, one per axis [channel, grid...], found {}",
                                  shape.size(), to_string(chunk)));
  }
  Shape result = chunk;
  for (std::size_t axis = 0; axis < result.size(); ++axis) {
    result[axis] = std::min(result[axis], std::max<Index>(shape[axis], 1));
  }
  return result;
}

ChunkStorage storage_for(const ConvertOptions& options, const DatasetLayout& layout) {
  if (format_of_name(options.to) != DatasetFormat::zarr && !(options.chunk.empty() && options.compressor.empty())) {
    throw ConfigError("--chunk and --compressor are for Zarr: expected a name that ends in .zarr, found " + options.to);
  }
  ChunkStorage storage{clipped(options.chunk, layout.input_shape), clipped(options.chunk, layout.output_shape)};
  if (!options.compressor.empty()) storage.compressor = parse_compressor(options.compressor);
  return storage;
}

int run_convert(const ConvertOptions& options, const World& world) {
  const ChunkStorage storage = storage_for(options, Dataset(options.from, world).layout());
  std::optional<ProgressBar> bar;
  convert_dataset(options.from, options.to, world, storage, [&](Index done, Index samples) {
    if (!bar) bar.emplace("convert", samples, world->rank() == 0);
    bar->update(done);
  });
  if (bar) bar->finish("-> " + options.to);
  return 0;
}

int run_check(const std::string& path, const World& world) {
  std::optional<ProgressBar> bar;
  const DatasetReport report = check_dataset(path, world, [&](Index done, Index total) {
    if (!bar) bar.emplace("check", total, world->rank() == 0);
    bar->update(done);
  });
  if (bar) bar->finish();
  if (world->rank() == 0) {
    for (const std::string& problem : report.problems) fmt::print("{}\n", problem);
    fmt::print("{}: {} pieces read, {}\n", printable_location(path), report.pieces,
               report.problems.empty() ? "nothing wrong" : fmt::format("{} problems", report.problems.size()));
  }
  return report.problems.empty() ? 0 : 1;
}

void add_info(CLI::App& data, Job& job) {
  const auto path = std::make_shared<std::string>();
  CLI::App& command = *data.add_subcommand("info", "Print shapes, storage and provenance of a data set");
  command.add_option("path", *path, kDataset)->required()->type_name("PATH");
  command.footer("Example:\n  tessera data info data/train.zarr");
  command.callback([path, &job] { job = [path](const World& world) { return run_info(*path, world); }; });
}

void add_convert(CLI::App& data, Job& job) {
  const auto options = std::make_shared<ConvertOptions>();
  CLI::App& command = *data.add_subcommand("convert", "Write a data set as HDF5 or as Zarr, in float32");
  command.add_option("from", options->from, kDataset)->required()->type_name("FROM");
  command.add_option("to", options->to, "Zarr group where the name ends in .zarr, otherwise HDF5 file; replaced")
      ->required()
      ->type_name("TO");
  command.add_option("--chunk", options->chunk, "cells of a chunk along [channel, grid...]; default: about 4 MiB")
      ->delimiter(',')
      ->type_name("N,...");
  command
      .add_option("--compressor", options->compressor,
                  "none, zstd, zlib, gzip or blosc-{lz4,lz4hc,zstd,zlib,blosclz}[-bitshuffle|-noshuffle], each with "
                  "an optional :level; default: blosc-lz4:5")
      ->type_name("NAME");
  command.footer(
      "Ranks share the samples, or each sample where there are fewer of them than ranks.\n"
      "Example:\n  mpirun -n 2 tessera data convert data/train.h5 data/train.zarr --compressor blosc-zstd:3");
  command.callback([options, &job] { job = [options](const World& world) { return run_convert(*options, world); }; });
}

void add_check(CLI::App& data, Job& job) {
  const auto path = std::make_shared<std::string>();
  CLI::App& command = *data.add_subcommand("check", "Read all of a data set and say what is wrong with it");
  command.add_option("path", *path, kDataset)->required()->type_name("PATH");
  command.footer(
      "Missing samples, missing or damaged chunks and numbers that are not finite are printed; the exit code is 1 "
      "when\n"
      "there are any.\n"
      "Example:\n  mpirun -n 2 tessera data check data/train.zarr");
  command.callback([path, &job] { job = [path](const World& world) { return run_check(*path, world); }; });
}

}  // namespace

void add_data_command(CLI::App& program, Job& job) {
  CLI::App& data = *program.add_subcommand("data", "Look into, convert and check data sets");
  data.require_subcommand(1);
  data.get_formatter()->label("SUBCOMMAND", "COMMAND");
  add_info(data, job);
  add_convert(data, job);
  add_check(data, job);
}

}  // namespace tessera::cli
