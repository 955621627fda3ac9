#include "tessera/training/normalised_field.hpp"

#include <algorithm>
#include <string>

#include "tessera/core/error.hpp"
#include "tessera/training/slabs.hpp"

namespace tessera {

namespace {

void require_channels(const char* operation, const Shape& shape, const Normaliser& normaliser) {
  if (shape.size() >= 2 && shape[1] == static_cast<Index>(normaliser.mean.size())) return;
  throw ShapeError(std::string(operation) + ": fitted on " + std::to_string(normaliser.mean.size()) +
                   " channels, got a field " + to_string(shape));
}

}  // namespace

template <RealScalar T>
NormalisedReader<T>::NormalisedReader(const FieldReader<T>& field, const Normaliser& normaliser)
    : field_(field), normaliser_(normaliser) {
  require_channels("NormalisedReader", field.shape(), normaliser);
}

template <RealScalar T>
void NormalisedReader<T>::read(const Box& box, T* values) const {
  field_.read(box, values);
  normaliser_.normalise(box, values);
}

template <RealScalar T>
RestoringWriter<T>::RestoringWriter(FieldWriter<T>& field, const Normaliser& normaliser)
    : field_(field), normaliser_(normaliser) {
  require_channels("RestoringWriter", field.shape(), normaliser);
}

template <RealScalar T>
void RestoringWriter<T>::write(const Box& box, const T* values) {
  for (const Box& slab : slabs(box)) {
    const Index size = slab.volume();
    restored_.require(size);
    std::copy_n(values, size, restored_.data());
    normaliser_.restore(slab, restored_.data());
    field_.write(slab, restored_.data());
    values += size;
  }
}

template class NormalisedReader<float>;
template class NormalisedReader<double>;
template class RestoringWriter<float>;
template class RestoringWriter<double>;

}  // namespace tessera
