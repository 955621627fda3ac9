#include "spectral/rank_placement.hpp"

#include <algorithm>
#include <string>
#include <tuple>

#include "tessera/core/error.hpp"

namespace tessera {

namespace {

/// Tries every way to write `ranks` as a product over the axes from `next` on.
class Search {
 public:
  Search(const Shape& kept, const std::vector<std::size_t>& axes) : kept_(kept), axes_(axes), trial_(kept.size(), 1) {}

  void place(Index ranks, std::size_t next) {
    if (next + 1 == axes_.size()) {
      trial_[axes_[next]] = ranks;
      judge();
      return;
    }
    for (Index here = 1; here <= ranks; ++here) {
      if (ranks % here != 0) continue;
      trial_[axes_[next]] = here;
      place(ranks / here, next + 1);
    }
  }

  const Shape& best() const { return best_; }

 private:
  void judge() {
    Index tile = 1;
    Index cut_axes = 0;
    for (const std::size_t axis : axes_) {
      tile *= (kept_[axis] + trial_[axis] - 1) / trial_[axis];
      cut_axes += trial_[axis] > 1 ? 1 : 0;
    }
    const auto score = std::make_tuple(tile, cut_axes);
    // Later trials put more ranks on earlier axes, so a tie goes to the later one.
    if (best_.empty() || score <= best_score_) {
      best_ = trial_;
      best_score_ = score;
    }
  }

  const Shape& kept_;
  const std::vector<std::size_t>& axes_;
  Shape trial_;
  Shape best_;
  std::tuple<Index, Index> best_score_;
};

}  // namespace

Shape spread_ranks(Index ranks, const Shape& kept, const std::vector<std::size_t>& axes) {
  if (ranks == 1) return Shape(kept.size(), 1);
  if (axes.empty())
    throw PartitionError("spread_ranks: no truncated axis to place " + std::to_string(ranks) + " ranks on");
  Search search(kept, axes);
  search.place(ranks, 0);
  return search.best();
}

}  // namespace tessera
