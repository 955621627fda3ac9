#include "tessera/core/progress.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace tessera {

namespace {
constexpr double kTerminalPeriod = 0.1;
constexpr double kPlainPeriod = 10.0;
constexpr double kLongUnit = 3.0;
constexpr Index kBarWidth = 24;

double seconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

/// Whether somebody watches standard error. Open MPI hands it on through a pipe, so its launcher, the parent process,
/// is asked where it goes.
bool stderr_reaches_terminal() {
  if (isatty(STDERR_FILENO) != 0) return true;
  if (std::getenv("OMPI_COMM_WORLD_RANK") == nullptr) return false;
  const int launchers = open(("/proc/" + std::to_string(getppid()) + "/fd/2").c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC);
  if (launchers < 0) return false;
  const bool terminal = isatty(launchers) != 0;
  close(launchers);
  return terminal;
}
}  // namespace

std::string format_duration(double seconds) {
  const auto total = static_cast<Index>(std::llround(std::max(0.0, seconds)));
  char text[64];
  if (total >= 3600) {
    std::snprintf(text, sizeof text, "%lld h %02lld min", static_cast<long long>(total / 3600),
                  static_cast<long long>(total / 60 % 60));
  } else if (total >= 60) {
    std::snprintf(text, sizeof text, "%lld min %02lld s", static_cast<long long>(total / 60),
                  static_cast<long long>(total % 60));
  } else {
    std::snprintf(text, sizeof text, "%lld s", static_cast<long long>(total));
  }
  return text;
}

ProgressBar::ProgressBar(std::string title, Index total, bool visible)
    : title_(std::move(title)),
      total_(std::max<Index>(1, total)),
      visible_(visible),
      terminal_(stderr_reaches_terminal()),
      start_(Clock::now()),
      drawn_(start_),
      advanced_(start_) {}

ProgressBar::~ProgressBar() { finish(); }

void ProgressBar::update(double done, const std::string& text) {
  const auto now = Clock::now();
  if (std::floor(done) != std::floor(done_)) advanced_ = now;
  done_ = std::clamp(done, 0.0, static_cast<double>(total_));
  if (!visible_ || finished_) return;
  if (seconds_between(drawn_, now) < (terminal_ ? kTerminalPeriod : kPlainPeriod)) return;
  drawn_ = now;
  draw(text, false);
}

void ProgressBar::finish(const std::string& text) {
  if (finished_) return;
  finished_ = true;
  if (visible_) draw(text, true);
}

void ProgressBar::draw(const std::string& text, bool last) {
  const auto now = Clock::now();
  const double elapsed = seconds_between(start_, now);
  const double total = static_cast<double>(total_);
  std::string tail = text.empty() ? "" : "  " + text;
  if (last) {
    tail += ", " + format_duration(elapsed);
  } else if (done_ > 0.0) {
    tail += ", " + format_duration(elapsed / done_ * (total - done_)) + " left";
  }
  const bool slow = !last && seconds_between(advanced_, now) > kLongUnit;
  char count[32];
  std::snprintf(count, sizeof count, "%.*f", slow ? 1 : 0, slow ? done_ : std::floor(done_));
  if (!terminal_) {
    std::fprintf(stderr, "%s %s/%lld%s\n", title_.c_str(), count, static_cast<long long>(total_), tail.c_str());
    return;
  }
  const auto filled = static_cast<std::size_t>(static_cast<double>(kBarWidth) * done_ / total);
  std::string bar(filled, '#');
  bar.resize(static_cast<std::size_t>(kBarWidth), '.');
  std::fprintf(stderr, "\r\033[K%s [%s] %s/%lld%s%s", title_.c_str(), bar.c_str(), count,
               static_cast<long long>(total_), tail.c_str(), last ? "\n" : "");
  std::fflush(stderr);
}

}  // namespace tessera
