#include "models/engine/engine_backend.hpp"

#include <string>

#include "models/engine/backends/device_backend.hpp"
#include "models/engine/cpu_backend.hpp"
#include "tessera/core/error.hpp"

namespace tessera::engine {

namespace {

void require_plain(const FnoConfig& config) {
  const std::string device = " needs a model in float32 on CUDA devices";
  if (config.activation_type != ActivationType::float32) {
    throw ConfigError(std::string("Fno: activation_type ") + activation_type_name(config.activation_type) + device);
  }
  if (config.products != ProductPrecision::full) {
    throw ConfigError(std::string("Fno: products ") + product_precision_name(config.products) + device);
  }
}

}  // namespace

template <RealScalar T>
std::unique_ptr<EngineBackend<T>> make_backend(const FnoPart& part, const Partition& ranks, GradientStore<T>& store) {
  const bool on_cuda = ranks.communicator()->device().is_cuda();
  if (!on_cuda || sizeof(T) != sizeof(float)) require_plain(part.config);
  if (on_cuda) return make_device_backend<T>(part, ranks, store);
  const Index first_step = ranks.tile(part.config.output_shape(1)).start.back();
  return std::make_unique<CpuBackend<T>>(part, first_step, store);
}

template std::unique_ptr<EngineBackend<float>> make_backend(const FnoPart&, const Partition&, GradientStore<float>&);
template std::unique_ptr<EngineBackend<double>> make_backend(const FnoPart&, const Partition&, GradientStore<double>&);

}  // namespace tessera::engine
