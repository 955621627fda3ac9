#include "tessera/comm/traffic.hpp"

namespace tessera {

namespace {
const std::string kUnlabelled = "unlabelled";
}

Traffic broadcast_traffic(Index bytes, int ranks, bool is_root) {
  return is_root && bytes > 0 ? Traffic{(ranks - 1) * bytes, ranks - 1} : Traffic{};
}

Traffic sum_to_root_traffic(Index bytes, int ranks, bool is_root) {
  return !is_root && ranks > 1 && bytes > 0 ? Traffic{bytes, 1} : Traffic{};
}

Traffic all_sum_traffic(Index bytes, int ranks) {
  return bytes > 0 ? Traffic{2 * (ranks - 1) * bytes / ranks, 2 * (ranks - 1)} : Traffic{};
}

Traffic reduce_scatter_traffic(std::span<const Index> counts, std::size_t element_size, int rank) {
  Traffic sent;
  for (std::size_t other = 0; other < counts.size(); ++other) {
    if (static_cast<int>(other) == rank || counts[other] == 0) continue;
    sent.bytes += counts[other] * static_cast<Index>(element_size);
    ++sent.messages;
  }
  return sent;
}

Traffic all_gather_traffic(std::span<const Index> counts, std::size_t element_size, int rank) {
  const Index bytes = counts[static_cast<std::size_t>(rank)] * static_cast<Index>(element_size);
  return broadcast_traffic(bytes, static_cast<int>(counts.size()), true);
}

void TrafficLedger::record(Index bytes, Index messages) {
  if (messages == 0) return;
  Traffic& entry = entries_[label_];
  entry.bytes += bytes;
  entry.messages += messages;
}

Traffic TrafficLedger::total() const {
  Traffic sum;
  for (const auto& [name, entry] : entries_) {
    sum.bytes += entry.bytes;
    sum.messages += entry.messages;
  }
  return sum;
}

Traffic TrafficLedger::of(const std::string& name) const {
  const auto entry = entries_.find(name);
  return entry == entries_.end() ? Traffic{} : entry->second;
}

TrafficScope::TrafficScope(TrafficLedger& ledger, const std::string& label)
    : ledger_(ledger), outermost_(ledger.label_ == kUnlabelled) {
  if (outermost_) ledger_.label_ = label;
}

TrafficScope::~TrafficScope() {
  if (outermost_) ledger_.label_ = kUnlabelled;
}

}  // namespace tessera
