#pragma once

/// \file
/// One pass over a rank's part of the grid, on the CPU.

#include <complex>
#include <functional>
#include <memory>
#include <vector>

#include "models/engine/group_transform.hpp"
#include "models/engine/pass_fields.hpp"
#include "models/engine/slab.hpp"
#include "models/engine/tile_transform.hpp"

namespace tessera::engine {

template <RealScalar T>
class Sweep;

/// The tile at hand and what may be done with it. Values are [channel][t][z].
template <RealScalar T>
class TileVisit {
 public:
  const Tiling::Tile& tile;
  Index sample;
  int thread;

  /// v = the tile of source number `source`.
  void synthesise(std::size_t source, T* v);
  /// Hands v over to be transformed; once per tile in passes with a result.
  void analyse(const T* v);
  void get_input(T* x) const;
  void get_target(T* y) const;
  void put_output(const T* y) const;
  void add_input_gradient(const T* gx) const;

 private:
  friend class Sweep<T>;
  TileVisit(const Tiling::Tile& at, Index of_sample, int on_thread, Sweep<T>& sweep, Index row)
      : tile(at), sample(of_sample), thread(on_thread), sweep_(sweep), row_(row) {}

  Sweep<T>& sweep_;
  Index row_;
};

/// Walks over all tiles of all samples, a group of planes at a time, its tiles shared among threads; transforms along
/// the outer axes once per group. Holds nothing of grid size. Local: no communication. Mode buffers are
/// [batch][re, im][kx][ky][channel][kt][kz].
template <RealScalar T>
class Sweep final : public ModeLayout<T> {
 public:
  /// `part`: the rank's box of the output tensor [batch, channel, grid...]. `lines`: per grid axis what is transformed
  /// on this rank, see PlannedTransform::first_lines.
  Sweep(const Box& part, Index width, Index in_channels, Index in_steps, Index out_channels,
        const std::vector<std::optional<FourierLine>>& lines);

  const Tiling& tiling() const noexcept { return tiling_; }
  Index samples() const noexcept { return part_.extent[0]; }
  Index mode_count() const noexcept override { return samples() * outer_.mode_count(); }

  /// `after_group` is told the finished fraction of the pass.
  void run(const PassFields<T>& fields, const std::function<void(TileVisit<T>&)>& visit,
           const std::function<void(double)>& after_group);

  void to_tensor(const T* modes, std::complex<T>* tensor) const override;
  void from_tensor(const std::complex<T>* tensor, T* modes) const override;

 private:
  friend class TileVisit<T>;

  void run_group(const std::function<void(TileVisit<T>&)>& visit, Index sample, Index first, Index count);
  template <class Visit>
  void for_each_mode(Visit&& visit) const;
  T* row_of(Buffer<T>& rows, Index row) { return rows.data() + row * inner_.mode_count(); }

  Box part_;
  Index width_;
  Tiling tiling_;
  TileTransform<T> inner_;
  GroupTransform<T> outer_;
  Slab<T> input_, target_, output_, input_gradient_;

  PassFields<T> fields_;
  std::vector<Buffer<T>> source_rows_;
  Buffer<T> result_rows_, scratch_;
  /// Per thread: one for every source and one for the result.
  std::vector<std::vector<typename TileTransform<T>::Work>> work_;
};

}  // namespace tessera::engine
