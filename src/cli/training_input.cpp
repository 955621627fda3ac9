#include "training_input.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <numeric>

#include "tessera/core/error.hpp"

namespace tessera::cli {

namespace {

constexpr double kBytesPerGiB = 1024.0 * 1024.0 * 1024.0;
/// Above this share of a step, waiting for samples is worth a word.
constexpr double kMuch = 0.05;

std::string gib(Index bytes) { return fmt::format("{:.2f} GiB", static_cast<double>(bytes) / kBytesPerGiB); }

Index all_sum(const Communicator& ranks, Index value) {
  const std::vector<Index> values = ranks.all_gather(value);
  return std::accumulate(values.begin(), values.end(), Index{0});
}

}  // namespace

TrainingInput::TrainingInput(const RunConfig& config, std::shared_ptr<const Communicator> world)
    : world_(std::move(world)) {
  if (config.cache.empty()) {
    if (config.cache_limit > 0) throw ConfigError("data.cache_limit: expected a data.cache to limit, found none");
    return;
  }
  world_->together([&] {
    const auto limit = static_cast<Index>(config.cache_limit * kBytesPerGiB);
    cache_ = std::make_shared<const ObjectCache>(config.cache, limit);
  });
}

Dataset TrainingInput::open(const std::string& path) {
  Dataset dataset(path, world_, {.cache = cache_});
  (dataset.format() == DatasetFormat::zarr ? kept_ : not_kept_).push_back(dataset.label());
  return dataset;
}

std::optional<std::string> TrainingInput::announcement() const {
  if (!cache_) return std::nullopt;
  std::string line =
      fmt::format("Cache:  {} of at most {}, {} in use", cache_->folder(), gib(cache_->limit()), gib(cache_->used()));
  if (!kept_.empty()) line += fmt::format("; for {}", fmt::join(kept_, " and "));
  if (!not_kept_.empty()) {
    line += fmt::format("; not for {}, as only Zarr sets are kept (tessera data convert makes one)",
                        fmt::join(not_kept_, " and "));
  }
  return line;
}

void TrainingInput::add(const EpochRecord& record) {
  step_seconds_ += record.seconds;
  input_seconds_ += record.input_seconds;
}

std::vector<std::string> TrainingInput::summary() const {
  std::vector<std::string> lines;
  if (step_seconds_ > 0.0) {
    const double share = input_seconds_ / step_seconds_;
    lines.push_back(fmt::format(
        "Input:  {:.1f} % of the steps' time went by waiting for samples{}", 100.0 * share,
        share > kMuch && !cache_ && !kept_.empty() ? "; --cache FOLDER keeps them on a disk of this node" : ""));
  }
  if (!cache_) return lines;
  const CacheUse own = cache_->use();
  const Index found = all_sum(*world_, own.found), fetched = all_sum(*world_, own.fetched);
  const Index damaged = all_sum(*world_, own.damaged), not_kept = all_sum(*world_, own.not_kept);
  lines.push_back(fmt::format("Cache:  {} chunks found ({}), {} fetched ({}){}{}", found,
                              gib(all_sum(*world_, own.found_bytes)), fetched, gib(all_sum(*world_, own.fetched_bytes)),
                              damaged > 0 ? fmt::format("; {} were damaged, look after that disk", damaged) : "",
                              not_kept > 0 ? fmt::format("; no room for {}, see --cache-limit", not_kept) : ""));
  return lines;
}

}  // namespace tessera::cli
