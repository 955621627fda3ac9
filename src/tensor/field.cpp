#include "tessera/tensor/field.hpp"

namespace tessera {

namespace {

/// The box relative to the rank's tile. Throws ShapeError unless it lies inside.
Box inside(const char* operation, const Box& box, const Box& tile) {
  if (!(intersect(box, tile) == box) && !box.empty()) {
    throw ShapeError(std::string(operation) + ": this rank holds " + to_string(tile) + ", asked for " + to_string(box));
  }
  Box result = box;
  for (std::size_t axis = 0; axis < result.start.size(); ++axis) result.start[axis] -= tile.start[axis];
  return result;
}

}  // namespace

template <RealScalar T>
void TensorReader<T>::read(const Box& box, T* values) const {
  const Box local = inside("TensorReader::read", box, tensor_.box());
  if (local.empty()) return;
  const Device& device = tensor_.device();
  Storage<T> cells;
  T* contiguous = values;
  if (device.is_cuda()) {
    cells = Storage<T>(device, box.volume());
    contiguous = cells.data();
  }
  copy<T>(device, tensor_.local().view().subview(local), {contiguous, box.extent, row_major_strides(box.extent)});
  if (device.is_cuda()) copy_values<T>(device, box.volume(), contiguous, values);
}

template <RealScalar T>
void TensorWriter<T>::write(const Box& box, const T* values) {
  const Box local = inside("TensorWriter::write", box, tensor_.box());
  if (local.empty()) return;
  const Device& device = tensor_.device();
  Storage<T> cells;
  const T* contiguous = values;
  if (device.is_cuda()) {
    cells = Storage<T>(device, box.volume());
    copy_values<T>(device, box.volume(), values, cells.data());
    contiguous = cells.data();
  }
  copy<T>(device, {contiguous, box.extent, row_major_strides(box.extent)}, tensor_.local().view().subview(local));
}

template class TensorReader<float>;
template class TensorReader<double>;
template class TensorWriter<float>;
template class TensorWriter<double>;

}  // namespace tessera
