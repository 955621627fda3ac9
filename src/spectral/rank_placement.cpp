#include "spectral/rank_placement.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "tessera/core/error.hpp"

namespace tessera {

namespace {

std::vector<Index> divisors_of(Index number) {
  std::vector<Index> divisors;
  for (Index i = 1; i * i <= number; ++i) {
    if (number % i != 0) continue;
    divisors.push_back(i);
    if (i != number / i) divisors.push_back(number / i);
  }
  std::sort(divisors.begin(), divisors.end());
  return divisors;
}

/// Tries every way to write `ranks` as a product over the axes.
class Search {
 public:
  Search(Index ranks, const Shape& kept, const std::vector<std::size_t>& axes)
      : divisors_(divisors_of(ranks)), kept_(kept), axes_(axes), trial_(kept.size(), 1) {
    place(ranks, 0, 1, 1, 0);
  }

  std::vector<Shape> placements() const {
    std::vector<Candidate> ordered;
    for (const auto& [owners, candidate] : by_owners_) ordered.push_back(candidate);
    std::sort(ordered.begin(), ordered.end(), preferred);
    std::vector<Shape> shapes;
    for (Candidate& candidate : ordered) shapes.push_back(std::move(candidate.placement));
    return shapes;
  }

 private:
  struct Candidate {
    Index cut_axes;
    Shape placement;
  };

  static bool preferred(const Candidate& a, const Candidate& b) {
    return a.cut_axes != b.cut_axes ? a.cut_axes < b.cut_axes : a.placement > b.placement;
  }

  void place(Index ranks, std::size_t next, Index tile, Index owners, Index cut_axes) {
    const Index modes = kept_[axes_[next]];
    const auto put = [&](Index here) {
      trial_[axes_[next]] = here;
      const Index tile_here = tile * ((modes + here - 1) / here);
      const Index owners_here = owners * std::min(here, modes);
      const Index cuts_here = cut_axes + (here > 1 ? 1 : 0);
      if (next + 1 == axes_.size()) {
        judge(tile_here, owners_here, cuts_here);
      } else {
        place(ranks / here, next + 1, tile_here, owners_here, cuts_here);
      }
    };
    if (next + 1 == axes_.size()) return put(ranks);
    for (const Index here : divisors_) {
      if (here > ranks) break;
      if (ranks % here == 0) put(here);
    }
  }

  void judge(Index tile, Index owners, Index cut_axes) {
    if (!by_owners_.empty() && tile > smallest_tile_) return;
    if (by_owners_.empty() || tile < smallest_tile_) by_owners_.clear();
    smallest_tile_ = tile;
    const Candidate candidate{cut_axes, trial_};
    const auto [known, added] = by_owners_.try_emplace(owners, candidate);
    if (!added && preferred(candidate, known->second)) known->second = candidate;
  }

  std::vector<Index> divisors_;
  const Shape& kept_;
  const std::vector<std::size_t>& axes_;
  Shape trial_;
  Index smallest_tile_ = 0;
  std::map<Index, Candidate> by_owners_;
};

}  // namespace

std::vector<Shape> balanced_placements(Index ranks, const Shape& kept, const std::vector<std::size_t>& axes) {
  if (ranks == 1) return {Shape(kept.size(), 1)};
  if (axes.empty())
    throw PartitionError("balanced_placements: no truncated axis to place " + std::to_string(ranks) + " ranks on");
  return Search(ranks, kept, axes).placements();
}

}  // namespace tessera
