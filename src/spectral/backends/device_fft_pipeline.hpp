#pragma once

/// \file
/// The distributed FFT on CUDA devices: device_fft_pipeline_cuda.cpp, or device_fft_pipeline_absent.cpp in a build
/// without CUDA.

#include "spectral/distributed_fft_pipeline.hpp"

namespace tessera {

/// See make_fft_pipeline; the partition's communicator is on a CUDA device.
template <Scalar Cell>
std::unique_ptr<const FftPipeline<Cell>> make_device_fft_pipeline(const Shape& shape, std::size_t grid_axes,
                                                                  const Partition& partition, FftOrder order);

}  // namespace tessera
