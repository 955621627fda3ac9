#include "models/engine/backends/pass_graphs.hpp"

namespace tessera::engine {

namespace {

/// Far more than a model has passes: where memory keeps moving, what is no longer met is forgotten.
constexpr std::size_t kMostKeys = 256;

}  // namespace

auto PassGraphs::run(const Stream& stream, const Key& key, const std::function<void()>& body) -> Way {
  const auto known = graphs_.find(key);
  if (known == graphs_.end()) {
    if (graphs_.size() >= kMostKeys) graphs_.clear();
    body();
    graphs_.emplace(key, std::nullopt);
    return Way::carried_out;
  }
  std::optional<DeviceGraph>& graph = known->second;
  const Way way = graph ? Way::replayed : Way::recorded;
  if (!graph) graph = DeviceGraph::record(stream, body);
  graph->launch(stream);
  return way;
}

}  // namespace tessera::engine
