#include "models/engine/tiling.hpp"

#include <algorithm>

namespace tessera::engine {

namespace {

/// All channels of a tile, and as much again for the next step's result, in half a megabyte of cache.
constexpr Index kTileBytes = 80 * 1024;
constexpr Index kLeastCells = 64;

/// Cells of Z side by side: a few vectors, so that products over Z run at full width.
constexpr Index kZCells = 64;

std::vector<Range> even_chunks(Index cells, Index most) {
  const Index count = std::max<Index>(1, (cells + most - 1) / most);
  std::vector<Range> chunks;
  for (Index i = 0; i < count; ++i) chunks.push_back(balanced_range(cells, count, i));
  return chunks;
}

}  // namespace

Tiling::Tiling(const Shape& extent, Index cell_bytes, bool split_t) {
  const std::size_t axes = extent.size();
  t_cells_ = extent.back();
  if (axes >= 2) z_cells_ = extent[axes - 2];
  if (axes >= 3) planes_ = extent[0];
  if (axes == 4) rows_ = extent[1];
  if (axes == 2) split_ = Split::z;
  if (axes == 1 && split_t) split_ = Split::t;

  const Index most = std::max(kLeastCells, kTileBytes / cell_bytes);
  const bool whole = z_cells_ * t_cells_ <= most;
  // With one axis T is contiguous and takes the place of Z.
  const Index z = axes == 1 ? 1 : std::min(whole ? z_cells_ : kZCells, std::max<Index>(1, z_cells_));
  z_chunks_ = even_chunks(z_cells_, std::max<Index>(1, z));
  t_chunks_ = even_chunks(t_cells_, std::max<Index>(1, most / std::max<Index>(1, z_chunks_.front().extent)));
  if (split_ == Split::z) planes_ = static_cast<Index>(z_chunks_.size());
  if (split_ == Split::t) planes_ = static_cast<Index>(t_chunks_.size());
  largest_tile_ = z_chunks_.front().extent * t_chunks_.front().extent;
  cells_ = volume(extent);
  if (cells_ == 0) planes_ = 0;
}

Index Tiling::plane_offset(Index x) const {
  if (split_ == Split::z) return z_chunks_[static_cast<std::size_t>(x)].start * t_cells_;
  if (split_ == Split::t) return t_chunks_[static_cast<std::size_t>(x)].start;
  return x * rows_ * z_cells_ * t_cells_;
}

}  // namespace tessera::engine
