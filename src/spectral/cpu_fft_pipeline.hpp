#pragma once

#include <complex>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "spectral/distributed_fft_exchange.hpp"
#include "spectral/distributed_fft_pass.hpp"
#include "spectral/distributed_fft_pipeline.hpp"
#include "spectral/distributed_fft_plan.hpp"

namespace tessera {

/// The pipeline of the CPU: passes over local tiles and exchanges between them.
template <Scalar Cell>
class CpuFftPipeline final : public FftPipeline<Cell> {
 public:
  using T = RealPart<Cell>;
  using Complex = std::complex<T>;

  CpuFftPipeline(const Shape& shape, std::size_t grid_axes, const Partition& partition,
                 const DistributedFftOptions& options);

  void forward(const DistTensor<Cell>& x, DistTensor<Complex>& y) const override;
  void backward(FftBackward kind, const DistTensor<Complex>& y, DistTensor<Cell>& x) const override;
  std::string describe() const override;

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

  TensorSpace space(const Partition& partition, bool reals) const;
  std::vector<Draft> draft_forward() const;
  std::vector<Draft> draft_backward() const;
  void add_passes(std::vector<Draft>& drafts, const Partition& partition, std::vector<std::size_t> axes, bool forward,
                  bool real_tile) const;
  static void assign_slots(std::vector<Draft>& drafts);
  void set_memory_aside(const std::vector<Draft>& forward, const std::vector<Draft>& backward, FftExchange exchange);
  std::vector<Step> make_steps(const std::vector<Draft>& drafts, bool forward, FftPlanning planning) const;
  std::vector<T> doubled_factors(std::size_t grid_axes, FftBackward kind) const;

  template <class In, class Out>
  void run(const std::vector<Step>& steps, const In* source, const T* weights, Out* output) const;
  template <class In, class Out>
  const void* run_step(const Step& step, const void* source, const T* weights, void* output) const;

  static constexpr bool kReal = RealScalar<Cell>;

  Shape shape_, modes_;
  Partition partition_;
  std::vector<FftStage> stages_;
  std::unique_ptr<const NodeRanks> ranks_;
  std::vector<std::unique_ptr<const NodeMemory>> slots_;
  std::vector<Step> forward_, backward_;
  std::vector<T> inverse_weights_, adjoint_weights_;  ///< see FftPass::run; none for the adjoint of a complex transform
};

}  // namespace tessera
