#include "batch/batch_folder.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <sstream>

#include "core/content_hash.hpp"
#include "core/files.hpp"

namespace tessera::batch {

namespace {

constexpr Index kFormat = 1;
constexpr const char* kResultMark = "tessera-batch-result";

bool is_there(const std::string& path) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string required_file(const std::string& path) {
  if (std::optional<std::string> contents = read_file(path)) return *std::move(contents);
  throw IoError(path + ": expected a file of a batch, found none");
}

/// The run that a log's first line names; nothing for a log cut short.
std::optional<Index> run_of_log(const std::string& path) {
  const std::string log = read_file(path).value_or("");
  Index run = 0;
  int attempt = 0;
  return std::sscanf(log.c_str(), "# attempt %d of run %ld", &attempt, &run) == 2 ? std::optional(run) : std::nullopt;
}

Record use_record(const TaskUse& use) {
  return {{"wall_seconds", use.wall_seconds}, {"cpu_seconds", use.cpu_seconds},
          {"peak_memory", use.peak_memory},   {"started", use.started},
          {"ranks", Index{use.ranks}},        {"threads", Index{use.threads}},
          {"attempt", Index{use.attempt}},    {"host", use.host}};
}

TaskUse use_of(const Record& record) {
  return {record.get<double>("wall_seconds"),
          record.get<double>("cpu_seconds"),
          record.get<Index>("peak_memory"),
          record.get<double>("started"),
          static_cast<int>(record.get<Index>("ranks")),
          static_cast<int>(record.get<Index>("threads")),
          static_cast<int>(record.get<Index>("attempt")),
          record.get<std::string>("host")};
}

}  // namespace

std::string host_name() {
  char name[256] = "";
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

Record BatchDefinition::to_record() const {
  return {{"format", kFormat},        {"function", work.function}, {"command", work.command},
          {"tasks", tasks},           {"ranks", Index{ranks}},     {"threads", Index{threads}},
          {"time_limit", time_limit}, {"retries", Index{retries}}, {"launcher", launcher},
          {"program", program},       {"engine", engine.to_json()}};
}

BatchDefinition BatchDefinition::from_record(const Record& record) {
  if (const Index format = record.get<Index>("format"); format != kFormat) {
    throw IoError(fmt::format("expected a batch of format {}, found format {}", kFormat, format));
  }
  return {{record.get<std::string>("function"), record.get<std::vector<std::string>>("command")},
          record.get<Index>("tasks"),
          static_cast<int>(record.get<Index>("ranks")),
          static_cast<int>(record.get<Index>("threads")),
          record.get<double>("time_limit"),
          static_cast<int>(record.get<Index>("retries")),
          record.get<std::vector<std::string>>("launcher"),
          record.get<std::string>("program"),
          Record::from_json(record.get<std::string>("engine"), "engine")};
}

bool BatchFolder::exists(const std::string& path) { return is_there(path + "/batch.json"); }

BatchFolder BatchFolder::create(const std::string& path, const BatchDefinition& definition,
                                const std::vector<Record>& parameters) {
  create_folders(path + "/tasks");
  create_folders(path + "/broadcast");
  std::string lines;
  for (const Record& record : parameters) lines += record.to_json() + "\n";
  write_file(path + "/parameters.jsonl", lines);
  // Last: with it the batch is there.
  write_file(path + "/batch.json", definition.to_record().to_json() + "\n");
  return BatchFolder(path);
}

BatchFolder::BatchFolder(const std::string& path) : path_(path) {
  if (!exists(path)) throw IoError(path + ": expected the folder of a batch, found no batch.json in it");
  try {
    definition_ =
        BatchDefinition::from_record(Record::from_json(required_file(file("batch.json")), file("batch.json")));
  } catch (const ArgumentError& error) {
    throw IoError(file("batch.json") + ": " + error.what());
  }
  parameters_ = std::make_shared<const std::vector<std::string>>(lines_of(required_file(file("parameters.jsonl"))));
  if (static_cast<Index>(parameters_->size()) != definition_.tasks) {
    throw IoError(fmt::format("{}: expected {} lines, found {}", file("parameters.jsonl"), definition_.tasks,
                              parameters_->size()));
  }
}

Record BatchFolder::parameters(Index task) const {
  if (task < 0 || task >= size()) {
    throw ArgumentError(fmt::format("{}: expected a task of 0 .. {}, got {}", path_, size() - 1, task));
  }
  return Record::from_json((*parameters_)[static_cast<std::size_t>(task)],
                           fmt::format("{}, line {}", file("parameters.jsonl"), task + 1));
}

bool BatchFolder::has_parameters(const std::vector<Record>& parameters) const {
  return std::equal(parameters.begin(), parameters.end(), parameters_->begin(), parameters_->end(),
                    [](const Record& record, const std::string& line) { return record.to_json() == line; });
}

std::string BatchFolder::task_folder(Index task) const { return fmt::format("{}/tasks/{:06}", path_, task); }

std::string BatchFolder::log_path(Index task, int attempt) const {
  return fmt::format("{}/attempt-{}.log", task_folder(task), attempt);
}

std::string BatchFolder::scratch_path(Index task, int attempt) const {
  return fmt::format("{}/scratch-{}", task_folder(task), attempt);
}

std::string BatchFolder::broadcast_path(const Reference& reference) const {
  return path_ + "/broadcast/" + reference.hash;
}

std::optional<TaskResult> BatchFolder::result(Index task) const {
  const std::optional<std::string> contents = read_file(task_folder(task) + "/result");
  if (!contents) return std::nullopt;
  const std::vector<std::string> lines = lines_of(*contents);
  if (lines.size() != 3 ||
      lines[0] != fmt::format("{} {} {}", kResultMark, kFormat, content_hash(lines[1] + "\n" + lines[2] + "\n"))) {
    return std::nullopt;
  }
  return TaskResult{Record::from_json(lines[1], "result"), use_of(Record::from_json(lines[2], "result"))};
}

void BatchFolder::commit(Index task, const TaskResult& result) const {
  const std::string body = result.values.to_json() + "\n" + use_record(result.use).to_json() + "\n";
  write_file(task_folder(task) + "/result",
             fmt::format("{} {} {}\n{}", kResultMark, kFormat, content_hash(body), body));
}

void BatchFolder::forget(Index task) const {
  if (::unlink((task_folder(task) + "/result").c_str()) != 0 && errno != ENOENT) {
    throw IoError(task_folder(task) + "/result: cannot be removed: " + std::strerror(errno));
  }
}

int BatchFolder::begin_attempt(Index task) const {
  create_folders(task_folder(task));
  int attempt = 1;
  while (is_there(log_path(task, attempt))) ++attempt;
  char now[32] = "";
  const std::time_t seconds = std::time(nullptr);
  std::tm parts = {};
  std::strftime(now, sizeof now, "%FT%TZ", ::gmtime_r(&seconds, &parts));
  append_to_file(log_path(task, attempt),
                 fmt::format("# attempt {} of run {}, {}, on {}\n", attempt, run(), now, host_name()));
  return attempt;
}

void BatchFolder::add_failure(Index task, const FailedAttempt& failure) const {
  const Record record{{"attempt", Index{failure.attempt}},
                      {"run", failure.run},
                      {"outcome", failure.outcome},
                      {"message", failure.message},
                      {"host", failure.host}};
  append_to_file(task_folder(task) + "/failures.jsonl", record.to_json() + "\n");
}

std::vector<FailedAttempt> BatchFolder::failures(Index task) const {
  std::vector<FailedAttempt> failures;
  for (const std::string& line : lines_of(read_file(task_folder(task) + "/failures.jsonl").value_or(""))) {
    try {
      const Record record = Record::from_json(line, "failure");
      failures.push_back({static_cast<int>(record.get<Index>("attempt")), record.get<Index>("run"),
                          record.get<std::string>("outcome"), record.get<std::string>("message"),
                          record.get<std::string>("host")});
    } catch (const Error&) {
      // A line cut short by a crash says nothing.
    }
  }
  return failures;
}

AttemptCount BatchFolder::attempts(Index task) const {
  AttemptCount count;
  const Index current = run();
  for (; is_there(log_path(task, count.all + 1)); ++count.all) {
    if (run_of_log(log_path(task, count.all + 1)) == current) ++count.unended;
  }
  for (const FailedAttempt& failure : failures(task)) {
    if (failure.run != current) continue;
    if (failure.outcome == kGivenUp) {
      count.given_up = true;
    } else {
      ++count.failed;
    }
  }
  count.unended -= count.failed;
  return count;
}

Index BatchFolder::run() const { return std::strtoll(read_file(file("run")).value_or("0").c_str(), nullptr, 10); }

Index BatchFolder::begin_run() const {
  const Index next = run() + 1;
  write_file(file("run"), std::to_string(next) + "\n");
  return next;
}

bool BatchFolder::is_cancelled() const { return is_there(file("cancel")); }

void BatchFolder::set_cancelled(bool cancelled) const {
  if (cancelled) {
    write_file(file("cancel"), "");
  } else {
    ::unlink(file("cancel").c_str());
  }
}

}  // namespace tessera::batch
