#include "tessera/primitives/linear_operator.hpp"

#include <algorithm>

namespace tessera {

const Communicator& active_ranks(const Partition& a, const Partition& b) {
  std::vector<int> ranks = a.ranks();
  ranks.insert(ranks.end(), b.ranks().begin(), b.ranks().end());
  std::sort(ranks.begin(), ranks.end());
  ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
  return a.communicator()->among(ranks);
}

}  // namespace tessera
