#include "tessera/tensor/tensor.hpp"

#include <complex>

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
void copy(const TensorView<const T>& source, const TensorView<T>& destination) {
  check_extents("copy", source, destination);
  kernels::copy_box(source.extent, source.data, source.strides, destination.data, destination.strides);
}

template <class T>
void add(const TensorView<const T>& source, const TensorView<T>& destination) {
  check_extents("add", source, destination);
  kernels::add_box(source.extent, source.data, source.strides, destination.data, destination.strides);
}

template <class T>
void Tensor<T>::set_zero() {
  kernels::set_zero(size(), data());
}

template <class T>
Tensor<T> Tensor<T>::clone() const {
  Tensor result(shape_);
  kernels::copy_box({size()}, data(), {1}, result.data(), {1});
  return result;
}

#define TESSERA_INSTANTIATE(T)                                             \
  template void copy<T>(const TensorView<const T>&, const TensorView<T>&); \
  template void add<T>(const TensorView<const T>&, const TensorView<T>&);  \
  template class Tensor<T>;
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::complex<float>)
TESSERA_INSTANTIATE(std::complex<double>)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
