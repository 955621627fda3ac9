#pragma once

/// \file
/// Counts what a rank sends, per operator.

#include <map>
#include <string>

#include "tessera/core/shape.hpp"

namespace tessera {

/// What one rank has sent. Messages a rank would send to itself are local copies and not counted.
struct Traffic {
  Index bytes = 0;
  Index messages = 0;
  friend bool operator==(const Traffic&, const Traffic&) = default;
};

/// A rank's account of its sends, by the name of the operator that caused them. Point-to-point messages count as sent.
/// Collectives count what a flat algorithm sends: broadcast root (P - 1) payloads; reduction: one payload from every
/// other rank; all-sum: one payload from every rank to every other rank's share, 2 (P - 1) / P payloads.
class TrafficLedger {
 public:
  void record(Index bytes, Index messages);

  const std::map<std::string, Traffic>& entries() const noexcept { return entries_; }
  Traffic total() const;
  /// The entry of one operator; zeros when it sent nothing.
  Traffic of(const std::string& name) const;
  void clear() { entries_.clear(); }

 private:
  friend class TrafficScope;
  std::map<std::string, Traffic> entries_;
  std::string label_ = "unlabelled";
};

/// Books everything sent during its lifetime under `label`; the outermost scope wins, so a layer's sends can be read
/// under the layer's own name.
class TrafficScope {
 public:
  TrafficScope(TrafficLedger& ledger, const std::string& label);
  ~TrafficScope();
  TrafficScope(const TrafficScope&) = delete;
  TrafficScope& operator=(const TrafficScope&) = delete;

 private:
  TrafficLedger& ledger_;
  bool outermost_;
};

}  // namespace tessera
