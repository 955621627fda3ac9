#pragma once

/// \file
/// Data sets that lone processes fill, sample by sample.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tessera/io/dataset_layout.hpp"
#include "tessera/tensor/dist_tensor.hpp"

namespace tessera {

/// Writes samples into a Zarr data set that many processes share: simulations, of whatever engine and on whatever
/// machine sees the folder. A lone process needs no MPI for it. The set is described in dataset.hpp and has an array
/// besides,
///
///   written  uint8 [sample], 1 where a sample is complete
///
/// whose chunks are one sample each. A sample's chunks of `input` and `output` come first, its mark last, and each is
/// replaced as a whole and on the disk when its turn is over: a sample is complete or absent, whenever a process is
/// killed. Until finish(), Dataset refuses the set and says how many samples it lacks.
///
/// Members are local unless they say otherwise. Failures are IoErrors that name the place.
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
  /// The same for tensors [1, channel, grid...] on any partition of the ranks that made the sample together, each of
  /// which writes its tiles. Collective over their communicator, of which every rank has opened the set; errors are
  /// thrown on all its ranks.
  void write_sample(Index sample, const DistTensor<float>& input, const DistTensor<float>& output);
  bool has_sample(Index sample) const;
  /// In ascending order.
  std::vector<Index> missing_samples() const;

  /// Marks the set complete and consolidates its description; nothing to do when it is. No process may be writing.
  /// IoError when samples are missing, saying how many.
  void finish();

 private:
  struct Impl;
  explicit SampleWriter(std::unique_ptr<Impl> impl);
  void require_unfinished() const;
  void mark(Index sample);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tessera
