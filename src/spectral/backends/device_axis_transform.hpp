#pragma once

/// \file
/// Transforms along an axis on a CUDA device: device_axis_transform_cuda.cpp, or device_axis_transform_absent.cpp in a
/// build without CUDA.

#include "tessera/spectral/axis_transform.hpp"

namespace tessera {

/// See make_axis_transform; `device` is a CUDA device.
template <RealScalar T>
std::unique_ptr<const AxisTransform<T>> make_device_axis_transform(const FourierLine& line, TransformEngine engine,
                                                                   const Device& device);

}  // namespace tessera
