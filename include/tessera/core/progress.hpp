#pragma once

/// \file
/// Progress of anything that takes longer than a few seconds.

#include <chrono>
#include <concepts>
#include <string>

#include "tessera/core/shape.hpp"

namespace tessera {

/// "1 h 02 min", "3 min 05 s", "12 s"
std::string format_duration(double seconds);

/// A progress bar on a terminal (one line, redrawn at most ten times a second); elsewhere a plain line about every ten
/// seconds and at the end. Prints to standard error. Only the rank that shows it makes it `visible`.
class ProgressBar {
 public:
  ProgressBar(std::string title, Index total, bool visible);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// `done` of `total` units are finished, a fraction counting what is done of the next; `text` is shown behind the
  /// bar, before the time left. Tenths are shown only of units that take longer than a few seconds.
  void update(double done, const std::string& text = {});
  void update(std::integral auto done, const std::string& text = {}) { update(static_cast<double>(done), text); }
  /// Ends the line with a final text. Called by the destructor when it was not before.
  void finish(const std::string& text = {});

 private:
  using Clock = std::chrono::steady_clock;
  void draw(const std::string& text, bool last);

  std::string title_;
  Index total_;
  double done_ = 0.0;
  bool visible_;
  bool terminal_;
  bool finished_ = false;
  Clock::time_point start_;
  Clock::time_point drawn_;
  Clock::time_point advanced_;  ///< when the last whole unit was finished
};

}  // namespace tessera
