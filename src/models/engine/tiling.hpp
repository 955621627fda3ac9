#pragma once

/// \file
/// How the engine walks over a rank's part of the grid.

#include <vector>

#include "tessera/core/shape.hpp"

namespace tessera::engine {

/// Grids of 1 to 4 axes are seen as four axes X, Y, Z, T, missing ones having one cell; T is the last grid axis. Work
/// is done in tiles: boxes of Z x T at one (x, y), small enough for their channels to stay in the second-level cache.
///
///   4 axes: X Y Z T     3 axes: X . Z T     2 axes: . . Z T     1 axis: . . . T
///
/// With 2 axes or 1, X counts pieces of Z or T instead, so that there is always an outermost axis to share among
/// threads.
class Tiling {
 public:
  /// Which grid axis is cut in pieces along X.
  enum class Split { none, z, t };

  /// One tile. Ranges are relative to the rank's part of the grid.
  struct Tile {
    Index x, y;
    Range z, t;
    Index z_chunk;         ///< number of this range of Z among all of them
    bool first_t, last_t;  ///< of the tiles of one (x, y) with this range of Z
    bool first_z, last_z;  ///< whether its range of Z is the first or last of its (x, y)
    Index offset;          ///< cells before it, of one sample, in the order of tiles
    Index cells() const { return z.extent * t.extent; }
  };

  /// `extent`: cells of the rank's part along every grid axis. `cell_bytes`: bytes of all channels of one cell.
  /// `split_t`: whether T may be cut along X.
  Tiling(const Shape& extent, Index cell_bytes, bool split_t = true);

  Index planes() const noexcept { return planes_; }
  Index rows() const noexcept { return rows_; }
  Index z_cells() const noexcept { return z_cells_; }
  Index t_cells() const noexcept { return t_cells_; }
  Split split() const noexcept { return split_; }
  const std::vector<Range>& z_chunks() const noexcept { return z_chunks_; }
  Index largest_tile() const noexcept { return largest_tile_; }
  Index cells() const noexcept { return cells_; }

  /// Part of Z and T that the tiles of plane x cover.
  Range z_of_plane(Index x) const {
    return split_ == Split::z ? z_chunks_[static_cast<std::size_t>(x)] : Range{0, z_cells_};
  }
  Range t_of_plane(Index x) const {
    return split_ == Split::t ? t_chunks_[static_cast<std::size_t>(x)] : Range{0, t_cells_};
  }

  /// Calls visit(tile) for the tiles at (x, y): all of T for one range of Z, then the next.
  template <class Visit>
  void for_each_tile(Index x, Index y, Visit&& visit) const {
    const Span z = split_ == Split::z ? Span{x, x + 1} : Span{0, static_cast<Index>(z_chunks_.size())};
    const Span t = split_ == Split::t ? Span{x, x + 1} : Span{0, static_cast<Index>(t_chunks_.size())};
    Index offset = plane_offset(x) + y * z_of_plane(x).extent * t_of_plane(x).extent;
    for (Index i = z.first; i < z.last; ++i) {
      for (Index j = t.first; j < t.last; ++j) {
        const Tile tile{x,
                        y,
                        z_chunks_[static_cast<std::size_t>(i)],
                        t_chunks_[static_cast<std::size_t>(j)],
                        i,
                        j == t.first,
                        j + 1 == t.last,
                        i == z.first,
                        i + 1 == z.last,
                        offset};
        visit(tile);
        offset += tile.cells();
      }
    }
  }

 private:
  struct Span {
    Index first, last;
  };

  Index plane_offset(Index x) const;

  Index planes_ = 1, rows_ = 1, z_cells_ = 1, t_cells_ = 1;
  Split split_ = Split::none;
  std::vector<Range> z_chunks_, t_chunks_;
  Index largest_tile_ = 0;
  Index cells_ = 0;
};

}  // namespace tessera::engine
