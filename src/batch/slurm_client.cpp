#include "batch/slurm_client.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <sstream>
#include <string_view>

#include "core/process.hpp"
#include "tessera/core/error.hpp"

namespace tessera::batch {

namespace {

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

/// What it printed; IoError with that when it did not succeed.
std::string answer_of(const std::vector<std::string>& argv) {
  ProcessOutput output = output_of(argv);
  if (output.end.success()) return std::move(output.text);
  throw IoError(fmt::format("{}: {}, {}", command_text(argv), output.end.describe(), trimmed(output.text)));
}

std::optional<Index> number_at_begin(std::string_view text) {
  Index number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc() ? std::optional(number) : std::nullopt;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// The value of " key=value " in one line of scontrol show job.
std::string value_of(const std::string& line, const std::string& key) {
  const auto found = (" " + line).find(" " + key + "=");
  if (found == std::string::npos) return {};
  const auto begin = found + key.size() + 1;
  return line.substr(begin, line.find(' ', begin) - begin);
}

/// The request was fine, but there was nobody to take it.
bool is_out_of_reach(const std::string& words) {
  constexpr std::array kWords = {"Unable to contact", "Connection",         "Socket timed out", "Communication",
                                 "authentication",    "Transport endpoint", "Zero Bytes",       "temporarily"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](const char* some) { return words.find(some) != std::string::npos; });
}

}  // namespace

Index submit_jobs(const std::vector<std::string>& argv) {
  const ProcessOutput output = output_of(argv);
  const std::string words = trimmed(output.text);
  if (!output.end.success()) {
    const std::string message = fmt::format("{}: {}", command_text(argv), words);
    if (output.end.signal != 0 || is_out_of_reach(words)) throw IoError(message);
    throw ConfigError(message);
  }
  // "12" or "12;cluster", after whatever warnings there are.
  for (const std::string& line : lines_of(words)) {
    if (const auto number = number_at_begin(line)) return *number;
  }
  throw IoError(fmt::format("{}: expected the number of a job, got '{}'", command_text(argv), words));
}

std::vector<QueuedJob> parse_queue(const std::string& text) {
  std::vector<QueuedJob> jobs;
  for (const std::string& line : lines_of(text)) {
    std::istringstream stream(line);
    std::array<std::string, 5> words;
    for (std::string& word : words) std::getline(stream, word, '|');
    const auto array = number_at_begin(words[0]), element = number_at_begin(words[1]);
    if (array && element) jobs.push_back({*array, *element, words[3], words[2], words[4]});
  }
  return jobs;
}

std::vector<QueuedJob> queued_jobs(const std::vector<std::string>& names) {
  if (names.empty()) return {};
  return parse_queue(answer_of(
      {"squeue", "--noheader", "--array", fmt::format("--name={}", fmt::join(names, ",")), "--format=%F|%K|%T|%j|%r"}));
}

std::map<Index, std::string> parse_ended(const std::string& text) {
  std::map<Index, std::string> ends;
  for (const std::string& line : lines_of(text)) {
    const auto element = number_at_begin(value_of(line, "ArrayTaskId"));
    const std::string state = value_of(line, "JobState");
    if (!element || state.empty() || state == "PENDING" || state == "RUNNING") continue;
    std::string end = state;
    if (const std::string reason = value_of(line, "Reason"); !reason.empty() && reason != "None") {
      end += " (" + reason + ")";
    }
    const std::string code = value_of(line, "ExitCode");
    const auto colon = code.find(':');
    if (colon != std::string::npos) {
      const std::string exit = code.substr(0, colon), signal = code.substr(colon + 1);
      end += signal == "0" ? ", exit code " + exit : ", signal " + signal;
    }
    if (const std::string nodes = value_of(line, "NodeList"); !nodes.empty() && nodes != "(null)")
      end += " on " + nodes;
    ends[*element] = end;
  }
  return ends;
}

std::map<Index, std::string> ended_jobs(Index array) {
  return parse_ended(output_of({"scontrol", "--oneliner", "show", "job", std::to_string(array)}).text);
}

void cancel_jobs(const std::vector<std::string>& names) {
  for (const std::string& name : names) answer_of({"scancel", "--name=" + name});
}

Index largest_array() {
  constexpr const char* kKey = "MaxArraySize";
  for (const std::string& line : lines_of(answer_of({"scontrol", "show", "config"}))) {
    if (!line.starts_with(kKey)) continue;
    const auto value = line.find_first_of("0123456789");
    const auto number = value == std::string::npos ? std::nullopt : number_at_begin(line.substr(value));
    if (number == Index{0}) throw ConfigError("slurm engine: this cluster has no job arrays (MaxArraySize is 0)");
    if (number) return *number;
  }
  throw IoError("slurm engine: scontrol show config does not say MaxArraySize");
}

int cores_of_node(const std::string& partition) {
  std::vector<std::string> argv = {"sinfo", "--noheader", "--format=%P %c"};
  if (!partition.empty()) argv.push_back("--partition=" + partition);
  Index cores = 0;
  for (const std::string& line : lines_of(answer_of(argv))) {
    // The default partition is marked by a star; "8+" are nodes of 8 and more.
    const auto space = line.find(' ');
    if (space == std::string::npos || (partition.empty() && line[space - 1] != '*')) continue;
    const auto number = number_at_begin(line.substr(space + 1));
    if (number && (cores == 0 || *number < cores)) cores = *number;
  }
  return static_cast<int>(std::max<Index>(cores, 1));
}

bool waits_in_vain(const std::string& reason) {
  constexpr std::array kReasons = {
      "BadConstraints",    "PartitionNodeLimit", "PartitionTimeLimit", "InvalidAccount",
      "InvalidQOS",        "AccountNotAllowed",  "QOSNotAllowed",      "DependencyNeverSatisfied",
      "JobHeldAdmin",      "JobHeldUser",        "JobHoldMaxRequeue",  "launch failed requeued held",
      "ReservationDeleted"};
  // Limits of an account or QOS on a single job, such as QOSMaxCpuPerJobLimit.
  return reason.ends_with("PerJobLimit") || reason.find("WallDurationPerJob") != std::string::npos ||
         std::find(kReasons.begin(), kReasons.end(), reason) != kReasons.end();
}

}  // namespace tessera::batch
