#pragma once

/// \file
/// Counts what a rank sends, per operator.

#include <map>
#include <span>
#include <string>

#include "tessera/core/shape.hpp"

namespace tessera {

/// What one rank has sent. Messages a rank would send to itself are local copies and not counted.
struct Traffic {
  Index bytes = 0;
  Index messages = 0;
  friend bool operator==(const Traffic&, const Traffic&) = default;
};

/// What a rank sends in a collective of `ranks` ranks, where a payload of no bytes is not sent.
/// Broadcast: the root sends the payload to every other rank.
Traffic broadcast_traffic(Index bytes, int ranks, bool is_root);
/// Reduction: every rank but the root sends the payload.
Traffic sum_to_root_traffic(Index bytes, int ranks, bool is_root);
/// All-sum: one share of the payload to every other rank, there and back: 2 (P - 1) / P payloads.
Traffic all_sum_traffic(Index bytes, int ranks);
/// Reduce-scatter: every other rank is sent its piece; `counts` holds the elements of each, in rank order.
Traffic reduce_scatter_traffic(std::span<const Index> counts, std::size_t element_size, int rank);
/// All-gather: every other rank is sent this rank's piece.
Traffic all_gather_traffic(std::span<const Index> counts, std::size_t element_size, int rank);

/// A rank's account of its sends, by the name of the operator that caused them. Point-to-point messages count as sent.
/// Collectives count what a flat algorithm sends, see the functions below.
class TrafficLedger {
 public:
  void record(Index bytes, Index messages);
  void record(const Traffic& sent) { record(sent.bytes, sent.messages); }

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
