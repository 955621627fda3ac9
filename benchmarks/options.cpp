#include "options.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <iostream>

#include "machine.hpp"
#include "tessera/comm/placement.hpp"
#include "tessera/core/error.hpp"

namespace tessera::bench {

namespace {

constexpr double kGibibyte = 1024.0 * 1024.0 * 1024.0;

template <class T>
constexpr bool kIsList = false;
template <class T>
constexpr bool kIsList<std::vector<T>> = true;

void require(bool fits, const std::string& expected, const std::string& found) {
  if (!fits) throw ConfigError("expected " + expected + ", found " + found);
}

void require_entries(const char* name, const Shape& entries, std::size_t count) {
  require(entries.size() == count,
          std::string("--") + name + " with " + std::to_string(count) + " entries, one per axis of the grid",
          to_string(entries));
}

void require_positive(const char* name, const Shape& entries) {
  require(!entries.empty() && *std::min_element(entries.begin(), entries.end()) >= 1,
          std::string("--") + name + " to have entries of at least 1", to_string(entries));
}

}  // namespace

struct CommandLine::Parser {
  CLI::App app;
  bool has_modes = false;
};

template <class T>
void CommandLine::add(const std::string& name, T& value, const std::string& help,
                      const std::vector<std::string>& choices) {
  if constexpr (std::is_same_v<T, bool>) {
    parser_->app.add_flag(name, value, help);
  } else {
    CLI::Option* option = parser_->app.add_option(name, value, help)->capture_default_str();
    if constexpr (kIsList<T>) option->delimiter(',');
    if (!choices.empty()) option->check(CLI::IsMember(choices));
  }
}

CommandLine::CommandLine(const std::string& program, const std::string& about, Options& options,
                         const std::vector<Option>& used)
    : parser_(std::make_unique<Parser>()), options_(options) {
  parser_->app.name(program);
  parser_->app.description(about);
  parser_->app.footer(
      "Run under mpirun for more than one rank. Times are those of the slowest rank; the interval is the\n"
      "95% confidence interval of the median.");
  for (const Option option : used) {
    switch (option) {
      case Option::grid: add("--grid", options.grid, "Extents of the grid axes"); break;
      case Option::modes:
        add("--modes", options.modes, "Kept modes per grid axis");
        parser_->has_modes = true;
        break;
      case Option::width: add("--width", options.width, "Channels"); break;
      case Option::blocks: add("--blocks", options.blocks, "Blocks of the model"); break;
      case Option::hidden: add("--hidden", options.hidden, "Channels of the projection's hidden layer"); break;
      case Option::batch: add("--batch", options.batch, "Samples"); break;
      case Option::partition:
        add("--partition", options.partition,
            "Ranks per axis: batch, channel, grid axes (default: all ranks on the first grid axis)");
        break;
      case Option::device:
        add("--device", options.device, "What every rank computes on", {"cpu", "cuda"});
        add("--backend", options.backend, "How data in device memory travels", {"auto", "mpi", "nccl"});
        break;
    }
  }
  add("--repeats", options.repeats, "Timed runs");
  add("--warmup", options.warmup, "Runs before them that do not count");
  add("--json", options.json, "File for the records");
  add("--memory-limit", options.memory_limit, "GiB a rank may allocate; what does not fit is recorded as an error");
}

CommandLine::~CommandLine() = default;

bool CommandLine::parse(int argc, const char* const* argv, const Communicator& world) {
  options_.command.clear();
  for (int i = 0; i < argc; ++i) options_.command += (i == 0 ? "" : " ") + std::string(argv[i]);
  try {
    parser_->app.parse(argc, const_cast<char**>(argv));
  } catch (const CLI::Success& help) {
    if (world.rank() == 0) parser_->app.exit(help, std::cout, std::cerr);
    return false;
  } catch (const CLI::ParseError& error) {
    throw ConfigError(std::string(error.what()) + "; --help lists what is known");
  }
  require_positive("grid", options_.grid);
  if (parser_->has_modes) {
    require_positive("modes", options_.modes);
    require_entries("modes", options_.modes, options_.grid.size());
  }
  if (!options_.partition.empty()) require_positive("partition", options_.partition);
  require_positive("width, --blocks, --hidden and --batch",
                   {options_.width, options_.blocks, options_.hidden, options_.batch});
  require(options_.repeats >= 1, "--repeats of at least 1", std::to_string(options_.repeats));
  require(options_.warmup >= 0, "--warmup of at least 0", std::to_string(options_.warmup));
  require(options_.memory_limit >= 0, "--memory-limit of at least 0", std::to_string(options_.memory_limit));
  if (options_.memory_limit > 0) limit_memory(static_cast<Index>(options_.memory_limit * kGibibyte));
  return true;
}

Shape partition_for(const Options& options, int ranks) {
  const std::size_t axes = options.grid.size() + 2;
  Shape partition = options.partition;
  if (partition.empty()) {
    partition.assign(axes, 1);
    partition[2] = ranks;
  }
  require(partition.size() == axes,
          "--partition with " + std::to_string(axes) + " entries (batch, channel and one per axis of the grid)",
          to_string(partition));
  require(volume(partition) <= ranks, "--partition of at most " + std::to_string(ranks) + " ranks, started by mpirun",
          to_string(partition));
  return partition;
}

std::shared_ptr<const Communicator> on_device_of(const Options& options,
                                                 const std::shared_ptr<const Communicator>& world) {
  if (options.device == "cpu") return world;
  const int local_rank = node_of(*world).rank();
  Device device;
  world->together([&] { device = Device::cuda(local_rank); });
  const DeviceBackend backend = options.backend == "mpi"    ? DeviceBackend::mpi
                                : options.backend == "nccl" ? DeviceBackend::nccl
                                                            : DeviceBackend::automatic;
  return std::make_shared<const Communicator>(world->on(device, backend));
}

std::string joined(const Shape& shape) {
  std::string text;
  for (const Index extent : shape) text += (text.empty() ? "" : "x") + std::to_string(extent);
  return text;
}

template void CommandLine::add(const std::string&, int&, const std::string&, const std::vector<std::string>&);
template void CommandLine::add(const std::string&, Index&, const std::string&, const std::vector<std::string>&);
template void CommandLine::add(const std::string&, double&, const std::string&, const std::vector<std::string>&);
template void CommandLine::add(const std::string&, bool&, const std::string&, const std::vector<std::string>&);
template void CommandLine::add(const std::string&, std::string&, const std::string&, const std::vector<std::string>&);
template void CommandLine::add(const std::string&, Shape&, const std::string&, const std::vector<std::string>&);
template void CommandLine::add(const std::string&, std::vector<double>&, const std::string&,
                               const std::vector<std::string>&);
template void CommandLine::add(const std::string&, std::vector<std::string>&, const std::string&,
                               const std::vector<std::string>&);

}  // namespace tessera::bench
