#include "tessera/comm/traffic.hpp"

namespace tessera {

namespace {
const std::string kUnlabelled = "unlabelled";
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
