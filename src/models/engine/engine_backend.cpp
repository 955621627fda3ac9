#include "models/engine/engine_backend.hpp"

#include "models/engine/backends/device_backend.hpp"
#include "models/engine/cpu_backend.hpp"

namespace tessera::engine {

template <RealScalar T>
std::unique_ptr<EngineBackend<T>> make_backend(const FnoPart& part, const Partition& ranks, GradientStore<T>& store) {
  if (ranks.communicator()->device().is_cuda()) return make_device_backend<T>(part, ranks, store);
  const Index first_step = ranks.tile(part.config.output_shape(1)).start.back();
  return std::make_unique<CpuBackend<T>>(part, first_step, store);
}

template std::unique_ptr<EngineBackend<float>> make_backend(const FnoPart&, const Partition&, GradientStore<float>&);
template std::unique_ptr<EngineBackend<double>> make_backend(const FnoPart&, const Partition&, GradientStore<double>&);

}  // namespace tessera::engine
