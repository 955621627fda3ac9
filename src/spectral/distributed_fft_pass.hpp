#pragma once

#include <complex>
#include <functional>
#include <optional>
#include <vector>

#include "spectral/backends/box_fft.hpp"
#include "spectral/distributed_fft_tile.hpp"
#include "tessera/core/buffer.hpp"
#include "tessera/spectral/distributed_fft.hpp"

namespace tessera {

/// One visit of a tile: chunk by chunk, cells are brought into scratch memory that stays in cache, transformed along
/// some axes, and handed on. Unnormalised.
template <RealScalar T>
class FftPass {
 public:
  using Complex = std::complex<T>;
  struct Plan {
    Shape cells;                    ///< extents of the tile, on a real last axis those of the real side
    std::vector<std::size_t> axes;  ///< to be transformed; none: the tile is handed on as it is
    bool real;                      ///< the last axis, one of them, is transformed between N reals and N / 2 + 1 modes
    bool forward;
    bool weighted;  ///< cells are multiplied when loaded
    bool local;     ///< chunks are stored as a whole tile
    FftPlanning planning;
  };
  /// A chunk, relative to the tile, its first value and its strides.
  template <class U>
  using Store = std::function<void(const TileBox&, const U*, const TileEntries&)>;

  explicit FftPass(Plan plan);

  /// In, Out: T on the real sides of a pass, Complex elsewhere. `weights`: two equal factors for each mode of the
  /// tile's last axis, or null. `direct`: the tile a local pass stores, which it may write without `store`.
  template <class In, class Out>
  void run(const In* source, const T* weights, const Store<Out>& store, Out* direct) const;

  /// Of the tile that a pass makes.
  const Shape& out_extent() const { return plan_.real && !plan_.forward ? plan_.cells : modes_; }
  const Shape& out_strides() const { return plan_.real && !plan_.forward ? cell_strides_ : mode_strides_; }

  /// Bytes of scratch that the lines of one chunk need.
  static Index smallest_chunk_bytes(const Shape& cells, const std::vector<std::size_t>& axes);

 private:
  /// FFTs of chunks of one shape.
  struct ChunkFfts {
    std::optional<BoxFft<T>> load;  ///< from the tile, or from reals in scratch, into scratch
    std::vector<BoxFft<T>> in_place;
    std::optional<BoxFft<T>> unload;  ///< from scratch to real cells
  };

  void choose_chunk();
  void choose_strides();
  ChunkFfts make_ffts(const Shape& chunk) const;
  template <class In>
  void load(const In* source, const T* weights, const TileBox& chunk, const ChunkFfts& ffts) const;
  /// Zeros behind the columns of a chunk that is narrower than the others: numbers left there would grow.
  void clear_padding(const TileBox& chunk) const;
  template <class Body>
  void for_each_chunk(Body&& body) const;

  Plan plan_;
  Shape modes_;                           ///< extents of the tile on the complex side
  TileEntries chunk_{};                   ///< extents of a whole chunk, in modes
  Shape cell_strides_, mode_strides_;     ///< of the tile
  Shape scratch_strides_, real_strides_;  ///< of a chunk in scratch memory: complex, real
  bool direct_load_ = false;              ///< the first FFT reads the tile itself
  bool direct_unload_ = false;            ///< the last FFT may write the tile itself
  ChunkFfts whole_, remainder_;
  mutable Buffer<Complex> scratch_;
  mutable Buffer<T> reals_;
};

}  // namespace tessera
