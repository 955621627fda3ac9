#pragma once

/// \file
/// Data sets that lone processes fill, sample by sample.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tessera/io/dataset_layout.hpp"

namespace tessera {

/// Writes samples into a Zarr data set that many processes share: simulations, of whatever engine and on whatever
/// machine sees the folder. Needs no MPI. The set is described in dataset.hpp and has an array besides,
///
///   written  uint8 [sample], 1 where a sample is complete
///
/// whose chunks are one sample each. A sample's chunks of `input` and `output` come first, its mark last, and each is
/// replaced as a whole and on the disk when its turn is over: a sample is complete or absent, whenever a process is
/// killed. Until finish(), Dataset refuses the set and says how many samples it lacks.
///
/// Members are local. Failures are IoErrors that name the place.
class SampleWriter {
 public:
  /// An empty data set of the layout's shapes; the folder appears whole. IoError when there is something at `path`,
  /// ArgumentError or ShapeError when layout or chunks are inconsistent.
  static SampleWriter create(const std::string& path, const DatasetLayout& layout, const ChunkStorage& storage = {});
  /// IoError when there is no such data set at `path`.
  static SampleWriter open(const std::string& path);

  SampleWriter(SampleWriter&& other) noexcept;
  SampleWriter& operator=(SampleWriter&& other) noexcept;
  ~SampleWriter();

  const DatasetLayout& layout() const noexcept;

  /// Writes one sample, [channel, grid...] each, row-major. By any process at any time, and again if need be, but by
  /// one process at a time for one sample. ArgumentError for a sample that does not exist and for a finished set,
  /// ShapeError for another number of values, NumericError when one is not finite.
  void write_sample(Index sample, std::span<const float> input, std::span<const float> output);
  bool has_sample(Index sample) const;
  /// In ascending order.
  std::vector<Index> missing_samples() const;

  /// Marks the set complete and consolidates its description; nothing to do when it is. No process may be writing.
  /// IoError when samples are missing, saying how many.
  void finish();

 private:
  struct Impl;
  explicit SampleWriter(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tessera
