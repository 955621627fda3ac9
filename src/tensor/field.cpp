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
  copy<T>(tensor_.local().view().subview(local), {values, box.extent, row_major_strides(box.extent)});
}

template <RealScalar T>
void TensorWriter<T>::write(const Box& box, const T* values) {
  const Box local = inside("TensorWriter::write", box, tensor_.box());
  if (local.empty()) return;
  copy<T>({values, box.extent, row_major_strides(box.extent)}, tensor_.local().view().subview(local));
}

template class TensorReader<float>;
template class TensorReader<double>;
template class TensorWriter<float>;
template class TensorWriter<double>;

}  // namespace tessera
