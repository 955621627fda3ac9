#include "tessera/tensor/tensor.hpp"

#include <complex>

#include "core/run_on.hpp"
#include "kernels/copy.hpp"

namespace tessera {

namespace {
template <class T>
void check_extents(const char* operation, const TensorView<const T>& source, const TensorView<T>& destination) {
  if (source.extent != destination.extent) {
    throw ShapeError(std::string(operation) + ": source is " + to_string(source.extent) + ", destination is " +
                     to_string(destination.extent));
  }
}
}  // namespace

template <class T>
void copy(const Device& device, const TensorView<const T>& source, const TensorView<T>& destination) {
  check_extents("copy", source, destination);
  run_on(device, [&](const auto&... stream) {
    kernels::copy_box(stream..., source.extent, source.data, source.strides, destination.data, destination.strides);
  });
}

template <class T>
void add(const Device& device, const TensorView<const T>& source, const TensorView<T>& destination) {
  check_extents("add", source, destination);
  run_on(device, [&](const auto&... stream) {
    kernels::add_box(stream..., source.extent, source.data, source.strides, destination.data, destination.strides);
  });
}

template <class T>
void Tensor<T>::set_zero() {
  run_on(device(), [&](const auto&... stream) { kernels::set_zero(stream..., size(), data()); });
}

template <class T>
Tensor<T> Tensor<T>::clone() const {
  Tensor result(shape_, device());
  run_on(device(),
         [&](const auto&... stream) { kernels::copy_box(stream..., {size()}, data(), {1}, result.data(), {1}); });
  return result;
}

template <class T>
Tensor<T> Tensor<T>::to(const Device& device) const {
  Tensor result(shape_, device);
  // The copy goes in the order of one stream; work of the other one must be done.
  this->device().synchronize();
  copy_values<T>(device.is_cuda() ? device : this->device(), size(), data(), result.data());
  return result;
}

#define TESSERA_INSTANTIATE(T)                                                            \
  template void copy<T>(const Device&, const TensorView<const T>&, const TensorView<T>&); \
  template void add<T>(const Device&, const TensorView<const T>&, const TensorView<T>&);  \
  template class Tensor<T>;
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::complex<float>)
TESSERA_INSTANTIATE(std::complex<double>)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
