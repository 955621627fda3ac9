#pragma once

/// \file
/// The Fourier neural operator as passes over tiles.

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <vector>

#include "models/engine/engine_backend.hpp"
#include "models/engine/spectral_coupling.hpp"
#include "tessera/core/storage.hpp"
#include "tessera/layers/loss.hpp"

namespace tessera::engine {

/// What a forward computation leaves for the backward one.
template <RealScalar T>
struct FnoTrace {
  Index batch = 0;
  Activations activations = Activations::all;
  /// Pre-activations in the order of tiles: of every block (all), of the last (one), or nothing. The backward pass
  /// turns each into its gradient.
  std::vector<Storage<std::byte>> stored;
  std::vector<Storage<T>> synthesised;               ///< per block, modes of the spectral convolution's output
  std::vector<DistTensor<std::complex<T>>> spectra;  ///< per block, the spectrum of its input
};

/// The forward and backward computation of an Fno, or of a part of it, in passes over tiles that stay in cache:
/// v_0 = lift(x), z_i = W_i v_i + IF(R_i . F v_i), v_{i+1} = gelu(z_i), y = project(v_L). A tile needs nothing from
/// others but modes, so that how much of the grid is kept is a choice (see Activations). Fields are read and written
/// locally, in boxes of ranks(), an input's box reaching over all of its steps where time is lifted. All members are
/// collective over the callers; a failure on one of them becomes an error of all.
template <RealScalar T>
class FnoEngine {
 public:
  /// `ranks`: a partition with no ranks on the channel axis. `callers`: its ranks, and possibly others of its
  /// communicator; must outlive the engine. Collective over them.
  FnoEngine(const FnoPart& part, const Partition& ranks, const Communicator& callers, const FnoWeights<T>& weights);
  ~FnoEngine();

  const Partition& ranks() const noexcept { return ranks_; }

  /// y = f(x). `trace`, unless null, keeps what `backward` needs.
  void forward(Index batch, Activations activations, const FieldReader<T>& x, FieldWriter<T>& y, FnoTrace<T>* trace);

  /// From gy = dL/dy adds to the gradients of all parameters, and, unless null, writes dL/dx (where time is distributed
  /// and lifted, each rank's share of the sum). Uses the trace up.
  void backward(FnoTrace<T>& trace, const FieldReader<T>& x, const FieldReader<T>& gy, FieldWriter<T>* gx);

  /// s L(f(x), target), adding its gradient to those of all parameters, and, unless null, writing the one with respect
  /// to x. `share`: s, this batch's part of all samples that the loss is the mean of. The projection, the loss and
  /// their gradients are computed in one visit of every tile: dL/dy is the error times a factor per sample, which may
  /// follow later.
  double value_and_gradient(Loss loss, double share, Index batch, Activations activations, const FieldReader<T>& x,
                            const FieldReader<T>& target, FieldWriter<T>* gx);

  /// Called with the finished fraction of the computation at hand, after every pass; for those that take long.
  void set_progress(std::function<void(double fraction)> progress) { progress_ = std::move(progress); }

 private:
  struct BatchPlan;
  struct Chain;

  /// Where dL/dy comes from: it is given (`given`), or it is the error y - field, times a factor per sample once those
  /// are known.
  struct OutputGradient {
    const FieldReader<T>& field;
    bool given;
    std::vector<double> factors;          ///< of the whole batch
    const double* own_factors = nullptr;  ///< of this rank's samples, on its device
  };

  const Device& device() const noexcept { return ranks_.communicator()->device(); }

  using Visit = std::function<void(EngineTile<T>&)>;

  BatchPlan& plan(Index batch);
  void start(const BatchPlan& plan, Index passes);
  void run(BatchPlan& plan, const PassFields<T>& fields, const Visit& visit);
  void prepare(const BatchPlan& plan, FnoTrace<T>& trace, Index batch, Activations activations) const;

  std::vector<std::uint64_t> identity(const FnoTrace<T>& trace, std::initializer_list<Index> pass) const;
  TileValues<T> stored(FnoTrace<T>& trace, const EngineTile<T>& tile, Index block) const;
  void expect_next(FnoTrace<T>& trace, EngineTile<T>& tile, Index block, Index other_block) const;
  TileValues<T> chain(EngineTile<T>& tile, FnoTrace<T>& trace, const Chain& blocks) const;
  void forward_blocks(BatchPlan& plan, FnoTrace<T>& trace, const FieldReader<T>& x);
  PassFields<T> chain_fields(const FnoTrace<T>& trace, const FieldReader<T>& x, const Chain& blocks) const;
  Chain last_block(const FnoTrace<T>& trace) const;

  static const double* factor_of(const OutputGradient& gradient, const EngineTile<T>& tile);
  void head_pass(BatchPlan& plan, FnoTrace<T>& trace, const FieldReader<T>& x, const OutputGradient& gradient,
                 bool has_last);
  void backward_blocks(BatchPlan& plan, FnoTrace<T>& trace, const FieldReader<T>& x, const OutputGradient& gradient,
                       FieldWriter<T>* gx);
  PassFields<T> backward_fields(const FnoTrace<T>& trace, const FieldReader<T>& x, const OutputGradient& gradient,
                                const std::vector<Storage<T>>& pulled, Index block) const;
  TileValues<T> reach_block(EngineTile<T>& tile, FnoTrace<T>& trace, const OutputGradient& gradient, Index block,
                            TileValues<T>& v) const;
  void block_backward(EngineTile<T>& tile, FnoTrace<T>& trace, const OutputGradient& gradient, Index block,
                      bool wants_input_gradient) const;

  FnoConfig config_;
  Partition ranks_;
  const Communicator& callers_;
  Index blocks_;
  GradientStore<T> store_;
  std::unique_ptr<EngineBackend<T>> backend_;
  std::map<Index, std::unique_ptr<BatchPlan>> plans_;
  FnoTrace<T> own_trace_;

  std::function<void(double)> progress_;
  Index passes_ = 0, passes_done_ = 0;
  Index first_sample_ = 0;  ///< of this rank, in the batch
};

}  // namespace tessera::engine
