#include "spectral/tile_traffic.hpp"

namespace tessera {

namespace {

/// The part of balanced_range(cells, parts, .) that holds a cell.
Index part_of(Index cell, Index cells, Index parts) {
  const Index length = cells / parts;
  const Index longer = cells % parts;
  const Index in_longer = longer * (length + 1);
  return cell < in_longer ? cell / (length + 1) : longer + (cell - in_longer) / length;
}

}  // namespace

Traffic tile_traffic(const Shape& shape, const RankGrid& from, const RankGrid& to, Index position) {
  if (position < 0 || position >= from.size()) return {};
  const Box mine = from.tile(shape, position);
  Traffic sent{mine.volume(), 1};
  if (sent.bytes == 0) return {};
  for (std::size_t g = 0; g < to.extents().size(); ++g) {
    const Index parts = to.extents()[g];
    if (to.cuts()[g] == RankGrid::kReplicate) {
      sent.bytes *= parts;
      sent.messages *= parts;
    } else if (parts > 1) {
      const auto axis = static_cast<std::size_t>(to.cuts()[g]);
      const Index first = part_of(mine.start[axis], shape[axis], parts);
      const Index last = part_of(mine.start[axis] + mine.extent[axis] - 1, shape[axis], parts);
      sent.messages *= last - first + 1;
    }
  }
  const Index stays = position < to.size() ? intersect(mine, to.tile(shape, position)).volume() : 0;
  return {sent.bytes - stays, sent.messages - (stays > 0 ? 1 : 0)};
}

}  // namespace tessera
