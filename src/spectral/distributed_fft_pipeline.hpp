#pragma once

#include <complex>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "spectral/distributed_fft_exchange.hpp"
#include "spectral/distributed_fft_pass.hpp"
#include "spectral/distributed_fft_plan.hpp"

namespace tessera {

/// The stages of a distributed FFT made executable: passes over local tiles and exchanges between them, forwards and
/// backwards. Construction, calls and destruction are collective.
template <RealScalar T>
class FftPipeline {
 public:
  using Complex = std::complex<T>;

  /// `shape` has the cells of the grid side; `real`: the last axis has reals there.
  FftPipeline(const Shape& shape, std::size_t grid_axes, bool real, const Partition& partition,
              const DistributedFftOptions& options);

  /// The space of the spectrum. Throws what the operators' constructors are documented to throw, in the name of `name`.
  static TensorSpace spectrum_space(const std::string& name, const Shape& shape, std::size_t grid_axes, bool real,
                                    const Partition& partition, FftOrder order);

  /// x: this rank's tile of cells, reals where real.
  template <class In>
  void forward(const In* x, Complex* y) const;
  /// The backward transform times 1 / prod(N) (inverse), or the adjoint of forward.
  template <class Out>
  void inverse(const Complex* y, Out* x) const {
    run(backward_, y, inverse_weights_.data(), x);
  }
  template <class Out>
  void adjoint(const Complex* y, Out* x) const {
    run(backward_, y, adjoint_weights_.empty() ? nullptr : adjoint_weights_.data(), x);
  }

  std::string describe() const;

 private:
  /// A pass, and where its chunks go.
  struct Step {
    FftPass<T> pass;
    TileEntries start;  ///< of the tile, in global indices
    bool weighted = false;
    bool real_in = false, real_out = false;
    int slot = kOutput;
    std::unique_ptr<const TileExchange<T>> move_reals;
    std::unique_ptr<const TileExchange<Complex>> move_modes;
  };
  /// What a step needs to know before memory has been set aside for it.
  struct Draft {
    Partition partition;
    std::vector<std::size_t> axes;
    bool real_in, real_out;
    std::optional<Partition> next;  ///< tiles are exchanged to this one
    int slot = kOutput;
  };
  static constexpr int kOutput = -1;

  Partition stage_partition(const FftStage& stage) const;
  TensorSpace space(const Partition& partition, bool reals) const;
  std::vector<Draft> draft_forward() const;
  std::vector<Draft> draft_backward() const;
  void add_passes(std::vector<Draft>& drafts, const Partition& partition, std::vector<std::size_t> axes, bool forward,
                  bool real_tile) const;
  static void assign_slots(std::vector<Draft>& drafts);
  void set_memory_aside(const std::vector<Draft>& forward, const std::vector<Draft>& backward, FftExchange exchange);
  std::vector<Step> make_steps(const std::vector<Draft>& drafts, bool forward, FftPlanning planning) const;
  void make_weights();

  template <class In, class Out>
  void run(const std::vector<Step>& steps, const In* source, const T* weights, Out* output) const;
  template <class In, class Out>
  const void* run_step(const Step& step, const void* source, const T* weights, void* output) const;

  Shape shape_, modes_;
  std::size_t grid_axes_;
  bool real_;
  Partition partition_;
  std::vector<FftStage> stages_;
  std::unique_ptr<const NodeRanks> ranks_;
  std::vector<std::unique_ptr<const NodeMemory>> slots_;
  std::vector<Step> forward_, backward_;
  std::vector<T> inverse_weights_, adjoint_weights_;  ///< two equal factors for each mode of the last axis
};

}  // namespace tessera
