#include "history.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include "tessera/core/error.hpp"

namespace tessera::cli {

namespace {

constexpr const char* kColumns =
    "epoch,learning_rate,train_loss,valid_relative_l2,valid_r2,gradient_norm,seconds,samples_per_second,"
    "input_seconds";

/// The lines of the first `epochs` epochs of a file; none when there is no file.
std::vector<std::string> kept_lines(const std::string& path, Index epochs) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  while (static_cast<Index>(lines.size()) < epochs && std::getline(file, line)) lines.push_back(line);
  return lines;
}

}  // namespace

History::History(std::string path, Index epochs_done) : path_(std::move(path)) {
  const auto lines = epochs_done > 0 ? kept_lines(path_, epochs_done) : std::vector<std::string>{};
  std::ofstream(path_, std::ios::trunc).close();
  append(kColumns);
  for (const std::string& line : lines) append(line);
}

void History::add(const EpochRecord& record, const std::optional<Metrics>& valid) {
  append(fmt::format("{},{:.8g},{:.10g},{},{},{:.8g},{:.3f},{:.3f},{:.4f}", record.epoch, record.learning_rate,
                     record.train_loss, valid ? fmt::format("{:.10g}", valid->relative_l2) : "",
                     valid ? fmt::format("{:.10g}", valid->r2) : "", record.gradient_norm, record.seconds,
                     record.samples_per_second, record.input_seconds));
}

void History::append(const std::string& line) const {
  std::ofstream file(path_, std::ios::app);
  file << line << '\n' << std::flush;
  if (!file) throw IoError(fmt::format("{}: cannot be written ({})", path_, std::strerror(errno)));
}

}  // namespace tessera::cli
