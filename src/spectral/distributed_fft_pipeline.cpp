#include "spectral/distributed_fft_pipeline.hpp"

#include "spectral/backends/box_fft.hpp"
#include "spectral/backends/device_fft_pipeline.hpp"
#include "spectral/cpu_fft_pipeline.hpp"
#include "spectral/distributed_fft_tile.hpp"
#include "tessera/core/error.hpp"

namespace tessera {

namespace {

void require_fit(const std::string& name, const Shape& shape, std::size_t grid_axes, const Partition& partition) {
  if (grid_axes < 1 || grid_axes > 4 || grid_axes > shape.size() || shape.size() > kMaxTileAxes) {
    throw ShapeError(name + ": expected 1 to 4 grid axes of a tensor of at most " + std::to_string(kMaxTileAxes) +
                     " axes, got " + std::to_string(grid_axes) + " of " + to_string(shape));
  }
  for (std::size_t axis = shape.size() - grid_axes; axis < shape.size(); ++axis) {
    if (shape[axis] < 1) throw ShapeError(name + ": expected grid axes of at least one cell, got " + to_string(shape));
  }
  if (partition.grid().replicates()) {
    throw PartitionError(name + ": the partition " + to_string(partition) + " replicates");
  }
}

}  // namespace

template <Scalar Cell>
TensorSpace fft_spectrum_space(const std::string& name, const Shape& shape, std::size_t grid_axes,
                               const Partition& partition, FftOrder order) {
  constexpr bool kReal = RealScalar<Cell>;
  if (!partition.communicator()->device().is_cuda() && !BoxFft<RealPart<Cell>>::available()) {
    throw FftError(name + ": this build has no FFT library; configure with -DTESSERA_FFTW=ON");
  }
  require_fit(name, shape, grid_axes, partition);
  partition.tile(shape);
  const FftStage last = plan_fft_stages(shape, grid_axes, kReal, partition.grid(), order).back();
  return {kReal ? half_spectrum(shape) : shape, stage_partition(last, partition)};
}

template <Scalar Cell>
std::unique_ptr<const FftPipeline<Cell>> make_fft_pipeline(const Shape& shape, std::size_t grid_axes,
                                                           const Partition& partition,
                                                           const DistributedFftOptions& options) {
  if (partition.communicator()->device().is_cuda()) {
    return make_device_fft_pipeline<Cell>(shape, grid_axes, partition, options.order);
  }
  return std::make_unique<const CpuFftPipeline<Cell>>(shape, grid_axes, partition, options);
}

#define TESSERA_INSTANTIATE(Cell)                                                                                  \
  template TensorSpace fft_spectrum_space<Cell>(const std::string&, const Shape&, std::size_t, const Partition&,   \
                                                FftOrder);                                                         \
  template std::unique_ptr<const FftPipeline<Cell>> make_fft_pipeline(const Shape&, std::size_t, const Partition&, \
                                                                      const DistributedFftOptions&);
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::complex<float>)
TESSERA_INSTANTIATE(std::complex<double>)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
