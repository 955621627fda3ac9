#include "spectral/backends/device_axis_transform.hpp"

namespace tessera {

template <RealScalar T>
std::unique_ptr<const AxisTransform<T>> make_device_axis_transform(const FourierLine&, TransformEngine, const Device&) {
  require_device("make_axis_transform");
  return nullptr;
}

template std::unique_ptr<const AxisTransform<float>> make_device_axis_transform(const FourierLine&, TransformEngine,
                                                                                const Device&);
template std::unique_ptr<const AxisTransform<double>> make_device_axis_transform(const FourierLine&, TransformEngine,
                                                                                 const Device&);

}  // namespace tessera
