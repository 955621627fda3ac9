#pragma once

/// \file
/// The weights of a model as its engine uses them, and what threads gather for their gradients.

#include <memory>
#include <optional>
#include <vector>

#include "models/engine/pointwise_weights.hpp"
#include "models/engine/whole_weight.hpp"
#include "tessera/layers/loss.hpp"

namespace tessera::engine {

/// Where the weights of a part of a model are; null where it has no such layer.
template <RealScalar T>
struct FnoWeights {
  struct Block {
    SharedWeight<T>* pointwise;
    SharedWeight<std::complex<T>>* spectral;
  };
  SharedWeight<T>*lift_time_weight = nullptr, *lift_time_bias = nullptr;
  SharedWeight<T>*lift_channel_weight = nullptr, *lift_channel_bias = nullptr;
  std::vector<Block> blocks;
  SharedWeight<T>*project1_weight = nullptr, *project1_bias = nullptr;
  SharedWeight<T>*project2_weight = nullptr, *project2_bias = nullptr;
};

/// Hands out the pointwise weights and takes their gradients back; every thread adds to sums of its own. What belongs
/// to a sample whose factor in the loss is not known yet is kept apart, sample by sample.
template <RealScalar T>
class GradientStore {
 public:
  /// Collective over `ranks`, on which every rank needs every weight.
  GradientStore(const FnoPart& part, const Partition& ranks, const FnoWeights<T>& weights);

  SharedWeight<std::complex<T>>& spectral(Index block) { return *spectral_[static_cast<std::size_t>(block)]; }

  /// The weights' present values. Collective.
  PointwiseWeights<T> fetch();

  /// Zero sums for `threads` threads and `samples` samples of this rank.
  void start(int threads, Index samples);
  GradientSums& of(int thread) { return sums_[static_cast<std::size_t>(thread)]; }
  GradientSums& of_sample(int thread, Index sample) { return by_sample_[at(thread, sample)]; }
  SampleNorms& norms(int thread, Index sample) { return norms_[at(thread, sample)]; }

  /// Norms of all samples over all threads and `ranks`; this rank's are `batch` ones from `first` on. Collective.
  std::vector<SampleNorms> total_norms(const Communicator& ranks, Index batch, Index first) const;
  /// Adds everything to the parameters' gradients, samples times their factors (none: all factors are 1). Collective.
  void finish(const std::vector<double>& factors, Index first);

 private:
  std::size_t at(int thread, Index sample) const { return static_cast<std::size_t>(thread * samples_ + sample); }

  GradientSums empty_;
  std::vector<SharedWeight<std::complex<T>>*> spectral_;
  /// In the order of GradientSums' parts, blocks one by one; empty where a layer is absent.
  std::vector<std::optional<WholeWeight<T>>> whole_;
  Index samples_ = 0;
  std::vector<GradientSums> sums_, by_sample_;
  std::vector<SampleNorms> norms_;
};

}  // namespace tessera::engine
