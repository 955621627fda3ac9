#pragma once

/// \file
/// The command line that all benchmark programs share.

#include <memory>
#include <string>
#include <vector>

#include "tessera/comm/communicator.hpp"
#include "tessera/core/shape.hpp"

namespace tessera::bench {

/// Values of the common options. A program changes the defaults before it parses.
struct Options {
  Shape grid = {32, 32, 32, 16};  ///< extents of the grid axes
  Shape modes = {4, 4, 4, 4};     ///< kept modes per grid axis, see SpectralGrid
  Index width = 20;               ///< channels of the blocks
  Index blocks = 4;
  Index hidden = 128;  ///< channels of the projection's hidden layer
  Index batch = 1;
  Shape partition;               ///< ranks per axis [batch, channel, grid...]; empty: see partition_for
  int repeats = 11;              ///< timed runs
  int warmup = 2;                ///< runs before them that do not count
  std::string json;              ///< file for the records; empty: none
  double memory_limit = 0;       ///< GiB of private memory per rank; 0: no limit
  std::string device = "cpu";    ///< or "cuda": the ranks of a node spread over its devices
  std::string backend = "auto";  ///< how data in device memory travels: "auto", "mpi" or "nccl"
  std::string command;           ///< the whole command line, as given
};

/// Which of the shape-describing options a program has; repeats, warmup, json and memory-limit are everyone's.
/// `device` stands for --device and --backend.
enum class Option { grid, modes, width, blocks, hidden, batch, partition, device };

/// Parses the command line of a benchmark program. Variables given to `add` hold their defaults and must outlive it.
class CommandLine {
 public:
  CommandLine(const std::string& program, const std::string& about, Options& options, const std::vector<Option>& used);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  /// An option of this program alone, such as "--schedule". T: int, Index, double, std::string, bool (a flag), Shape,
  /// std::vector<double>, std::vector<std::string>; lists are separated by commas. Where `choices` are listed, any
  /// other word (or entry of a list of words) is refused.
  template <class T>
  void add(const std::string& name, T& value, const std::string& help, const std::vector<std::string>& choices = {});

  /// False when only help was asked for, which rank 0 prints: the program should end with exit code 0. Applies
  /// --memory-limit. Throws ConfigError, alike on all ranks, saying what cannot be understood.
  bool parse(int argc, const char* const* argv, const Communicator& world);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  Options& options_;
};

/// The rank grid [batch, channel, grid...] to run on: options.partition where it was given, otherwise all ranks on the
/// first grid axis. Throws ConfigError unless it has an entry per tensor axis, and no more ranks than `ranks` in all.
Shape partition_for(const Options& options, int ranks);

/// `world` with tensors where options.device and options.backend say. Collective. Throws what Communicator::on throws.
std::shared_ptr<const Communicator> on_device_of(const Options& options,
                                                 const std::shared_ptr<const Communicator>& world);

/// "32x32x16"
std::string joined(const Shape& shape);

}  // namespace tessera::bench
