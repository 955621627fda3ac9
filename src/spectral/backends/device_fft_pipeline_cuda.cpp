#include <algorithm>
#include <map>
#include <type_traits>
#include <utility>

#include "kernels/elementwise.hpp"
#include "spectral/backends/device_fft_pipeline.hpp"
#include "spectral/backends/device_tile_fft.hpp"
#include "spectral/held_tensor.hpp"
#include "tessera/core/storage.hpp"
#include "tessera/primitives/repartition.hpp"

namespace tessera {

namespace {

/// Tiles move as repartitions; between two, each is transformed whole. What is between two stages comes from the
/// device's pool and goes back to it.
template <Scalar Cell>
class DeviceFftPipeline final : public FftPipeline<Cell> {
 public:
  using T = RealPart<Cell>;
  using Mode = std::complex<T>;

  DeviceFftPipeline(const Shape& shape, std::size_t grid_axes, const Partition& partition, FftOrder order)
      : device_(partition.communicator()->device()),
        stages_(plan_fft_stages(shape, grid_axes, kReal, partition.grid(), order)),
        first_(static_cast<std::size_t>(
            std::find_if(stages_.begin(), stages_.end(), [](const FftStage& stage) { return !stage.axes.empty(); }) -
            stages_.begin())),
        cells_{shape, stage_partition(stages_[first_], partition)},
        modes_{kReal ? half_spectrum(shape) : shape, cells_.partition} {
    for (std::size_t i = 1; i < stages_.size(); ++i) {
      const Partition from = stage_partition(stages_[i - 1], partition), to = stage_partition(stages_[i], partition);
      if (i <= first_) {
        cell_moves_.push_back(std::make_unique<const Repartition<Cell>>(shape, from, to));
      } else {
        mode_moves_.push_back(std::make_unique<const Repartition<Mode>>(modes_.shape, from, to));
      }
    }
    partition.communicator()->together([&] {
      fft_.emplace(cells_.tile().extent, stages_[first_].axes, device_);
      for (std::size_t i = 0; i < mode_moves_.size(); ++i) {
        later_ffts_.emplace_back(mode_moves_[i]->range().tile().extent, stages_[first_ + 1 + i].axes, device_);
      }
      for (const FftBackward kind : {FftBackward::inverse, FftBackward::adjoint}) {
        factors_.emplace(kind, make_factors(backward_factors(shape, grid_axes, kReal, kind)));
      }
    });
  }

  void forward(const DistTensor<Cell>& x, DistTensor<Mode>& y) const override {
    Held<Cell> cells;
    cells.borrow(x);
    for (const auto& move : cell_moves_) cells = move->forward(*cells);
    if (mode_moves_.empty()) {
      transform(*cells, y);
      return;
    }
    DistTensor<Mode> modes(modes_);
    transform(*cells, modes);
    cells.reset();
    for (std::size_t i = 0; i < mode_moves_.size(); ++i) {
      modes = mode_moves_[i]->forward(modes);
      Mode* target = i + 1 < mode_moves_.size() ? modes.data() : y.data();
      later_ffts_[i].run(CUFFT_FORWARD, std::as_const(modes).data(), target);
    }
  }

  void backward(FftBackward kind, const DistTensor<Mode>& y, DistTensor<Cell>& x) const override {
    Held<Mode> modes;
    modes.borrow(y);
    for (std::size_t i = mode_moves_.size(); i-- > 0;) {
      if (later_ffts_[i].transforms()) {
        // The caller's tensor is not to be changed.
        if (modes.owned() == nullptr) {
          DistTensor<Mode> transformed(modes->space());
          later_ffts_[i].run(CUFFT_INVERSE, modes->data(), transformed.data());
          modes = std::move(transformed);
        } else {
          later_ffts_[i].run(CUFFT_INVERSE, modes->data(), modes.owned()->data());
        }
      }
      modes = mode_moves_[i]->adjoint(*modes);
    }
    if (cell_moves_.empty()) {
      transform_back(kind, *modes, x);
      return;
    }
    DistTensor<Cell> cells(cells_);
    transform_back(kind, *modes, cells);
    modes.reset();
    for (std::size_t i = cell_moves_.size(); i-- > 0;) cells = cell_moves_[i]->adjoint(cells);
    copy<Cell>(device_, std::as_const(cells.local()).view(), x.local().view());
  }

  std::string describe() const override { return tessera::describe(stages_, ""); }

 private:
  static constexpr bool kReal = RealScalar<Cell>;
  using Fft = std::conditional_t<kReal, DeviceRealTileFft<T>, DeviceTileFft<T>>;
  /// Of the modes of the last axis; a complex transform has one for all.
  using Factors = std::conditional_t<kReal, Storage<kernels::RowCombination<T>>, T>;

  Factors make_factors(const std::vector<double>& factors) const {
    if constexpr (kReal) {
      std::vector<kernels::RowCombination<T>> rows;
      for (std::size_t k = 0; k < factors.size(); ++k) {
        const auto factor = static_cast<T>(factors[k]);
        const auto row = static_cast<std::int32_t>(k);
        const bool own_conjugate = 2 * static_cast<Index>(k) % cells_.shape.back() == 0;
        rows.push_back(own_conjugate ? kernels::RowCombination<T>{row, row, factor / 2, factor / 2}
                                     : kernels::RowCombination<T>{row, -1, factor, 0});
      }
      Factors result(device_, static_cast<Index>(rows.size()));
      copy_values<kernels::RowCombination<T>>(device_, result.size(), rows.data(), result.data());
      return result;
    } else {
      return static_cast<T>(factors.front());
    }
  }

  /// The first stage with anything to transform.
  void transform(const DistTensor<Cell>& cells, DistTensor<Mode>& modes) const {
    if constexpr (kReal) {
      fft_->forward(cells.data(), modes.data());
    } else {
      fft_->run(CUFFT_FORWARD, cells.data(), modes.data());
    }
  }

  void transform_back(FftBackward kind, const DistTensor<Mode>& modes, DistTensor<Cell>& cells) const {
    const Factors& factors = factors_.at(kind);
    if constexpr (kReal) {
      fft_->backward(factors.data(), modes.data(), cells.data());
    } else {
      fft_->run(CUFFT_INVERSE, modes.data(), cells.data());
      if (factors != T{1}) kernels::scale(device_.stream(), cells.local_size(), factors, cells.data());
    }
  }

  Device device_;
  std::vector<FftStage> stages_;
  std::size_t first_;                                                 ///< stage with anything to transform
  TensorSpace cells_, modes_;                                         ///< there, before and after
  std::vector<std::unique_ptr<const Repartition<Cell>>> cell_moves_;  ///< up to that stage
  std::optional<Fft> fft_;
  std::vector<std::unique_ptr<const Repartition<Mode>>> mode_moves_;  ///< from there on, each followed by an FFT
  std::vector<DeviceTileFft<T>> later_ffts_;
  std::map<FftBackward, Factors> factors_;
};

}  // namespace

template <Scalar Cell>
std::unique_ptr<const FftPipeline<Cell>> make_device_fft_pipeline(const Shape& shape, std::size_t grid_axes,
                                                                  const Partition& partition, FftOrder order) {
  return std::make_unique<const DeviceFftPipeline<Cell>>(shape, grid_axes, partition, order);
}

#define TESSERA_INSTANTIATE(Cell)                                                                       \
  template std::unique_ptr<const FftPipeline<Cell>> make_device_fft_pipeline(const Shape&, std::size_t, \
                                                                             const Partition&, FftOrder);
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::complex<float>)
TESSERA_INSTANTIATE(std::complex<double>)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
