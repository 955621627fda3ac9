#include "io/split_box.hpp"

#include <algorithm>

namespace tessera {

namespace {

void append_pieces(const Box& box, Index elements, std::vector<Box>& pieces) {
  const auto axis = std::find_if(box.extent.begin(), box.extent.end(), [](Index extent) { return extent > 1; });
  if (box.volume() <= elements || axis == box.extent.end()) {
    pieces.push_back(box);
    return;
  }
  // Leading axes of extent 1 only, so each half is contiguous in the whole.
  const auto a = static_cast<std::size_t>(axis - box.extent.begin());
  const Index half = box.extent[a] / 2;
  Box low = box;
  Box high = box;
  low.extent[a] = half;
  high.start[a] += half;
  high.extent[a] -= half;
  append_pieces(low, elements, pieces);
  append_pieces(high, elements, pieces);
}

}  // namespace

std::vector<Box> split_box(const Box& box, Index elements) {
  std::vector<Box> pieces;
  if (!box.empty()) append_pieces(box, elements, pieces);
  return pieces;
}

}  // namespace tessera
