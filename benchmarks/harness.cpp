#include "harness.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <thread>

#include "record_file.hpp"
#include "tessera/comm/mpi_environment.hpp"
#include "tessera/core/device_memory_use.hpp"
#include "tessera/core/progress.hpp"

namespace tessera::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kOutOfMemory = "out of memory";

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&now));
  return text;
}

/// A progress bar once a case has taken long enough for someone to wonder.
class Progress {
 public:
  Progress(const std::string& name, Index total, bool visible) : name_(name), total_(total), visible_(visible) {}

  void step() {
    constexpr double kQuiet = 2.0;
    ++done_;
    if (!visible_ || (!bar_ && seconds_since(start_) < kQuiet)) return;
    if (!bar_) bar_.emplace(name_, total_, true);
    bar_->update(done_);
  }

 private:
  std::string name_;
  Index total_;
  bool visible_;
  Index done_ = 0;
  Clock::time_point start_ = Clock::now();
  std::optional<ProgressBar> bar_;
};

DeviceInfo device_info(const Communicator& ranks) {
  if (!ranks.device().is_cuda()) return {};
  return {to_string(ranks.device()), current_device().name, to_string(ranks.device_choice()->route)};
}

/// A line of the table.
void print(const Record& record) {
  std::string fields = describe(record.fields);
  if (record.peak_device_bytes > 0) {
    fields = "on device " + format_bytes(static_cast<double>(record.peak_device_bytes)) + ", " + fields;
  }
  if (!record.error.empty()) {
    std::printf("%-32s %10s  %s  %s\n", record.name.c_str(), "failed:", record.error.c_str(), fields.c_str());
  } else {
    const std::string interval = format_seconds(record.ci95_s.low) + " .. " + format_seconds(record.ci95_s.high);
    std::printf("%-32s %10s  %-23s %10s %10s  %s\n", record.name.c_str(), format_seconds(record.median_s).c_str(),
                interval.c_str(), format_bytes(static_cast<double>(record.peak_rss_bytes)).c_str(),
                format_bytes(static_cast<double>(record.bytes_sent)).c_str(), fields.c_str());
  }
  std::fflush(stdout);
}

}  // namespace

Case::Case(Harness& harness, std::string name, Fields fields)
    : harness_(harness), name_(std::move(name)), fields_(std::move(fields)) {
  reset_peak_memory();
  if (const Device& device = harness.world()->device(); device.is_cuda()) {
    device.synchronize();
    reset_device_memory_peak();
  }
  rss_before_ = harness.world()->all_max(Index{resident_memory()});
}

void Case::note(Fields fields) {
  for (auto& field : fields) fields_.push_back(std::move(field));
}

void Case::together(const std::function<void()>& body) const {
  harness_.world()->together([&] {
    try {
      body();
    } catch (const std::bad_alloc&) {
      throw ArgumentError(kOutOfMemory);
    }
  });
}

std::vector<Record> Case::measure(const std::vector<Contender>& contenders, Index calls) {
  const Communicator& world = *harness_.world();
  const int repeats = harness_.options().repeats;
  const int rounds = harness_.options().warmup + repeats;
  Progress progress(name_, rounds * static_cast<Index>(contenders.size()), world.rank() == 0);
  std::vector<std::vector<double>> times(contenders.size());
  std::vector<Index> bytes(contenders.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      if (contenders[i].before) contenders[i].before();
      world.device().synchronize();
      const Index sent_before = world.ledger().total().bytes;
      world.barrier();
      const auto start = Clock::now();
      for (Index call = 0; call < calls; ++call) contenders[i].body();
      world.device().synchronize();
      const double slowest = world.all_max(seconds_since(start)) / static_cast<double>(calls);
      bytes[i] = (world.ledger().total().bytes - sent_before) / calls;
      if (round >= harness_.options().warmup) times[i].push_back(slowest);
      progress.step();
    }
  }
  std::vector<Record> records;
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    records.push_back(summary(contenders[i], std::move(times[i]), bytes[i]));
  }
  return records;
}

Record Case::summary(const Contender& contender, std::vector<double> times, Index bytes) const {
  const Communicator& world = *harness_.world();
  Record record;
  record.name = contender.name;
  record.ranks = world.size();
  record.median_s = median(times);
  record.ci95_s = median_confidence(times);
  record.times_s = std::move(times);
  record.peak_rss_bytes = world.all_max(Index{peak_memory()});
  record.rss_before_bytes = rss_before_;
  record.peak_device_bytes = harness_.peak_device_bytes();
  record.bytes_sent = world.all_max(bytes);
  record.fields = fields_;
  record.fields.insert(record.fields.end(), contender.fields.begin(), contender.fields.end());
  if (contender.payload_bytes > 0.0) {
    record.fields.emplace_back("gigabytes_per_s", 1e-9 * contender.payload_bytes / record.median_s);
  }
  if (contender.figures) {
    for (auto& field : contender.figures(record.median_s)) record.fields.push_back(std::move(field));
  }
  return record;
}

Record Case::time(const std::function<void()>& body, Index calls) { return time(Contender{name_, body}, calls); }

Record Case::time(Contender contender, Index calls) {
  contender.name = name_;
  harness_.add(measure({std::move(contender)}, calls).front());
  return harness_.records().back();
}

std::vector<Record> Case::compare(const std::vector<Contender>& contenders, Index calls) {
  std::vector<Record> records = measure(contenders, calls);
  for (Record& record : records) {
    std::vector<double> ratios;
    for (std::size_t round = 0; round < record.times_s.size(); ++round) {
      ratios.push_back(record.times_s[round] / records.front().times_s[round]);
    }
    const Interval ci = median_confidence(ratios);
    record.name = name_ + "/" + record.name;
    record.fields.emplace_back("times_of_first", median(ratios));
    record.fields.emplace_back("times_of_first_ci95", std::vector<double>{ci.low, ci.high});
    harness_.add(record);
  }
  return records;
}

Harness::Harness(std::string program, const World& world, Options options)
    : program_(std::move(program)),
      world_(on_device_of(options, world)),
      options_(std::move(options)),
      started_(utc_now()),
      machine_(this_machine()),
      device_(device_info(*world_)) {
  world_->together([&] {
    if (world_->rank() == 0) write();
  });
  if (world_->rank() != 0) return;
  std::printf("# %s, commit %s, %d rank%s on %s, %d cores, %s, %d warm-up and %d timed repeats\n", program_.c_str(),
              commit().c_str(), world_->size(), world_->size() == 1 ? "" : "s", machine_.processor.c_str(),
              machine_.cores, machine_.mpi.c_str(), options_.warmup, options_.repeats);
  if (!device_.name.empty()) {
    std::printf("# on %s, data travels by %s\n", device_.name.c_str(), device_.route.c_str());
  }
  std::printf("%-32s %10s  %-23s %10s %10s  %s\n", "# case", "median", "95% interval", "peak RSS", "sent", "fields");
  std::fflush(stdout);
}

bool Harness::run(const std::string& name, const Fields& fields, const std::function<void(Case&)>& body) {
  unfinished_.emplace();
  unfinished_->name = name;
  unfinished_->ranks = world_->size();
  unfinished_->fields = fields;
  unfinished_->error = "did not finish";
  if (world_->rank() == 0) write();

  std::optional<std::string> error;
  std::exception_ptr exception;
  Case measured(*this, name, fields);
  try {
    body(measured);
  } catch (const std::bad_alloc&) {
    error = kOutOfMemory;
    exception = std::current_exception();
  } catch (const std::exception& e) {
    error = e.what();
    exception = std::current_exception();
  }
  try {
    error = agreed_error(error);
  } catch (const MpiError&) {
    if (exception) std::rethrow_exception(exception);
    throw;
  }
  if (error) {
    unfinished_->error = *error;
    unfinished_->fields = measured.fields_;
    unfinished_->rss_before_bytes = measured.rss_before_;
    unfinished_->peak_rss_bytes = world_->all_max(Index{peak_memory()});
    unfinished_->peak_device_bytes = peak_device_bytes();
    add(*std::exchange(unfinished_, std::nullopt));
  } else {
    unfinished_.reset();
    if (world_->rank() == 0) write();
  }
  return !error;
}

std::optional<std::string> Harness::agreed_error(const std::optional<std::string>& mine) const {
  constexpr double kPatience = 20.0;
  const int first_failed = mine ? world_->rank() : world_->size();
  int lowest = 0;
  MPI_Request request = MPI_REQUEST_NULL;
  check_mpi(MPI_Iallreduce(&first_failed, &lowest, 1, MPI_INT, MPI_MIN, world_->handle(), &request), "MPI_Iallreduce");
  const auto start = Clock::now();
  for (int done = 0; done == 0;) {
    check_mpi(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
    // A rank that succeeded may wait as long as a failing one lives.
    if (done == 0 && mine && seconds_since(start) > kPatience) throw MpiError("the other ranks did not fail with it");
    if (done == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  if (lowest == world_->size()) return std::nullopt;
  return world_->broadcast(mine.value_or(""), lowest);
}

Index Harness::peak_device_bytes() const {
  return world_->all_max(world_->device().is_cuda() ? device_memory_use().peak : Index{0});
}

void Harness::add(Record record) {
  if (world_->rank() == 0) print(record);
  records_.push_back(std::move(record));
  if (world_->rank() == 0) write();
}

void Harness::write() const {
  if (options_.json.empty()) return;
  std::vector<Record> records = records_;
  if (unfinished_) records.push_back(*unfinished_);
  write_records(options_.json, {program_, started_, machine_, device_, options_}, records);
}

}  // namespace tessera::bench
