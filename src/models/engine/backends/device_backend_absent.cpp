#include "models/engine/backends/device_backend.hpp"

namespace tessera::engine {

template <RealScalar T>
std::unique_ptr<EngineBackend<T>> make_device_backend(const FnoPart&, const Partition&, GradientStore<T>&) {
  require_device("FnoEngine");
  return nullptr;
}

template std::unique_ptr<EngineBackend<float>> make_device_backend(const FnoPart&, const Partition&,
                                                                   GradientStore<float>&);
template std::unique_ptr<EngineBackend<double>> make_device_backend(const FnoPart&, const Partition&,
                                                                    GradientStore<double>&);

}  // namespace tessera::engine
