#pragma once

/// \file
/// How this project measures: cases, their repeats, and the records they leave.
///
///   return run_program(argc, argv, [&](const bench::World& world) {
///     bench::Options options;
///     std::string dtype = "float32";
///     bench::CommandLine line("scaling", "What it times.", options, {bench::Option::grid, bench::Option::partition});
///     line.add("--dtype", dtype, "Precision", {"float32", "float64"});
///     if (!line.parse(argc, argv, *world)) return 0;
///     bench::Harness harness("scaling", world, options);
///     harness.run("gradient", {{"grid", options.grid}, {"dtype", dtype}}, [&](bench::Case& c) {
///       Model model(...);                           // not timed, counts for the peak memory
///       c.time([&] { model.gradient(...); });       // or c.compare({{"ours", ...}, {"theirs", ...}})
///     });
///     return 0;
///   });

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "machine.hpp"
#include "options.hpp"
#include "statistics.hpp"

namespace tessera::bench {

using World = std::shared_ptr<const Communicator>;

/// What a record says besides its figures.
using Field = std::variant<Index, double, bool, std::string, Shape, std::vector<double>>;
using Fields = std::vector<std::pair<std::string, Field>>;

/// One measurement; the JSON keys have the members' names.
struct Record {
  std::string name;
  int ranks = 0;
  std::vector<double> times_s = {};  ///< per repeat, the slowest rank's time
  double median_s = 0.0;
  Interval ci95_s = {0.0, 0.0};  ///< of the median, see median_confidence
  Index peak_rss_bytes = 0;      ///< of the largest rank, from the case's start to the record's end, setup included
  Index rss_before_bytes = 0;    ///< of the largest rank, resident when the case started
  Index peak_device_bytes = 0;   ///< likewise, of device memory; 0 on the CPU
  Index bytes_sent = 0;          ///< by the busiest rank in one repeat, see TrafficLedger
  Fields fields = {};            ///< anything else, written beside the figures
  std::string error = {};        ///< why there are no figures; empty where there are
};

/// One of several ways to do the same, see Case::compare.
struct Contender {
  std::string name;
  std::function<void()> body;
  Fields fields = {};
  std::function<void()> before = {};  ///< runs before every repeat and does not count
  double payload_bytes = 0.0;         ///< where positive, the record has the field "gigabytes_per_s": this per median
  std::function<Fields(double median_s)> figures = {};  ///< further fields, made from the median
};

class Harness;

/// A case being measured: handed to the function given to Harness::run.
class Case {
 public:
  /// Runs `body` warm-up and repeat times and makes a record of the case's name. Each repeat begins with a barrier and
  /// counts for as long as its slowest rank takes until all it has put on its device is done. A body of a few
  /// microseconds is worth `calls` calls per repeat; the record has the time and the bytes of one. Collective over the
  /// world.
  Record time(const std::function<void()>& body, Index calls = 1);
  /// The same with what else a contender says; its name is not used.
  Record time(Contender contender, Index calls = 1);

  /// Times all contenders in turn (A B A B ...), so that a machine whose speed drifts treats them alike, and makes one
  /// record "<case>/<contender>" of each, with the field "times_of_first": the median over the rounds of its time over
  /// the first contender's, and "times_of_first_ci95". They share the case's peak memory. Collective.
  std::vector<Record> compare(const std::vector<Contender>& contenders, Index calls = 1);

  /// Adds fields to the records that are still to be made.
  void note(Fields fields);

  /// Runs `body`, which must not communicate, such as the allocation of tiles; where it fails on any rank, memory
  /// exhausted included, the case ends on all ranks with that error. Collective.
  void together(const std::function<void()>& body) const;

 private:
  friend class Harness;
  Case(Harness& harness, std::string name, Fields fields);
  std::vector<Record> measure(const std::vector<Contender>& contenders, Index calls);
  Record summary(const Contender& contender, std::vector<double> times, Index bytes) const;

  Harness& harness_;
  std::string name_;
  Fields fields_;
  Index rss_before_ = 0;
};

/// Where the ranks compute; the JSON keys are device, device_name and route.
struct DeviceInfo {
  std::string kind = "cpu";  ///< or "cuda"
  std::string name;          ///< rank 0's, see DeviceProperties; empty on the CPU
  std::string route;         ///< how data in device memory travels, see DeviceRoute
};

/// Runs cases, prints a line per record on rank 0 and keeps the JSON file up to date. Members are collective.
class Harness {
 public:
  /// The ranks of `world`, on the device that the options ask for. Prints what is measured where. Throws what
  /// on_device_of throws, IoError when the JSON file cannot be written.
  Harness(std::string program, const World& world, Options options);

  /// Measures one case. `body` sets up what it needs, which counts for the peak memory but not for the time, and calls
  /// Case::time or Case::compare.
  ///
  /// An exception that leaves `body` on every rank, or in Case::together on any, becomes a record with an "error"; the
  /// program goes on. An exception that only some ranks meet outside Case::together leaves the others waiting in a
  /// collective: after a patience of 20 s it ends the job. The JSON file holds a record with the error "did not finish"
  /// while a case runs, so a job that is ended, by the system for lack of memory for example, leaves its trace too.
  /// Returns whether the case made its records.
  bool run(const std::string& name, const Fields& fields, const std::function<void(Case&)>& body);

  const std::vector<Record>& records() const noexcept { return records_; }
  const Options& options() const noexcept { return options_; }
  /// The ranks, with their device.
  const World& world() const noexcept { return world_; }

 private:
  friend class Case;
  void add(Record record);
  void write() const;
  Index peak_device_bytes() const;
  std::optional<std::string> agreed_error(const std::optional<std::string>& mine) const;

  std::string program_;
  World world_;
  Options options_;
  std::string started_;
  Machine machine_;
  DeviceInfo device_;
  std::vector<Record> records_;
  std::optional<Record> unfinished_;  ///< of the case being run, written behind the records
};

/// "12.3 ms", "1.46 s"; "1.2 MiB"
std::string format_seconds(double seconds);
std::string format_bytes(double bytes);

}  // namespace tessera::bench
