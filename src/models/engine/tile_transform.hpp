#pragma once

/// \file
/// The truncated Fourier transform of a tile along its two axes Z and T.

#include <optional>
#include <vector>

#include "models/engine/tiling.hpp"
#include "tessera/core/buffer.hpp"
#include "tessera/spectral/axis_transform.hpp"

namespace tessera::engine {

/// Transforms the tiles [channel][t][z] of one (x, y) and adds up their modes, or computes tiles from modes:
///   P[c, kt, kz] = s sum_{t, z} v[c, t, z] exp(-2 pi i (f_kt t / N_T + f_kz z / N_Z))
///   v[c, t, z]   = Re sum_{kt, kz} s P[c, kt, kz] exp(+2 pi i (f_kt t / N_T + f_kz z / N_Z))
/// with s = 1 or the inverse transform's weights (see ModeScaling). Analysis and synthesis of equal scaling are
/// adjoint. An axis without a line is not transformed: its modes are its cells. Modes of one (x, y) are stored split in
/// planes, [re, im][channel][kt][kz].
template <RealScalar T>
class TileTransform {
 public:
  /// What a thread needs for one direction of one field between two tiles of one (x, y).
  struct Work {
    Buffer<T> lines;  ///< [channel][kt][re, im][z]: T transformed
    Buffer<T> modes;  ///< [channel][kt][re, im][kz]: T and Z transformed
  };

  TileTransform(const Tiling& tiling, Index channels, const std::optional<FourierLine>& z_line,
                const std::optional<FourierLine>& t_line);

  Index kt() const noexcept { return kt_; }
  Index kz() const noexcept { return kz_; }
  /// Numbers in the modes of one (x, y).
  Index mode_count() const noexcept { return 2 * channels_ * kt_ * kz_; }

  /// Adds a tile to the modes being gathered in `work`; after the last tile of an (x, y) writes them to `modes`.
  void analyse(ModeScaling scaling, const Tiling::Tile& tile, const T* v, Work& work, T* modes) const;

  /// v = the tile's values from the modes of its (x, y). Tiles of one (x, y) must come in order with the same `modes`
  /// and `work`.
  void synthesise(ModeScaling scaling, const Tiling::Tile& tile, const T* modes, Work& work, T* v) const;

 private:
  struct Matrices {
    Buffer<T> t_rows;                    ///< [kt][re, im][t]
    Buffer<T> t_columns;                 ///< its transpose
    std::vector<Buffer<T>> z_analysis;   ///< per range of Z: [re, im][z] x [re, im][kz]
    std::vector<Buffer<T>> z_synthesis;  ///< its transpose
  };

  void make_matrices(ModeScaling scaling, const Tiling& tiling, const std::optional<FourierLine>& z_line,
                     const std::optional<FourierLine>& t_line, Matrices& matrices) const;
  const Matrices& matrices(ModeScaling scaling) const { return scaling == ModeScaling::unit ? unit_ : inverse_; }
  void analyse_t(const Matrices& m, const Tiling::Tile& tile, const T* v, T* lines) const;
  void synthesise_t(const Matrices& m, const Tiling::Tile& tile, const T* lines, T* v) const;
  /// Whether the tile holds whole lines of T, whose transform mirrors cosines and sines.
  bool mirrors_t(const Tiling::Tile& tile) const { return whole_t_ && tile.t.extent == t_cells_; }

  Index channels_, t_cells_, kt_, kz_;
  bool one_z_;    ///< one cell along Z: T is contiguous
  bool whole_t_;  ///< this rank has whole lines of T, and transforms them
  Index widest_z_;
  Matrices unit_, inverse_;
};

}  // namespace tessera::engine
