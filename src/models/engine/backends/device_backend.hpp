#pragma once

/// \file
/// An engine's passes on a CUDA device: device_backend_cuda.cpp, or device_backend_absent.cpp in a build without CUDA.

#include "models/engine/engine_backend.hpp"

namespace tessera::engine {

/// See make_backend; the ranks compute on CUDA devices.
template <RealScalar T>
std::unique_ptr<EngineBackend<T>> make_device_backend(const FnoPart& part, const Partition& ranks,
                                                      GradientStore<T>& store);

}  // namespace tessera::engine
