#include "tessera/tensor/dist_tensor.hpp"

#include <cmath>
#include <complex>

#include "tensor/real_dot.hpp"

namespace tessera {

std::string to_string(const TensorSpace& space) { return to_string(space.shape) + " on " + to_string(space.partition); }

template <class T>
DistTensor<T> DistTensor<T>::to(const Partition& partition) const {
  if (!(partition.grid() == this->partition().grid()) || partition.ranks() != this->partition().ranks()) {
    throw PartitionError("DistTensor::to: expected the grid and ranks of " + to_string(this->partition()) + ", got " +
                         to_string(partition));
  }
  DistTensor result(TensorSpace{shape(), partition});
  result.local_ = local_.to(result.device());
  return result;
}

template <class T>
double inner_product(const DistTensor<T>& a, const DistTensor<T>& b) {
  require_space("inner_product", "second tensor", b, a.space());
  double sum = real_dot(a.device(), a.local_size(), a.data(), b.data());
  a.communicator().all_sum(&sum, 1);
  return sum;
}

template <class T>
double norm(const DistTensor<T>& a) {
  return std::sqrt(inner_product(a, a));
}

template <class T>
void fill_normal(DistTensor<T>& tensor, const RandomStream& stream, bool distinct_copies) {
  const Index copy = distinct_copies ? tensor.communicator().rank() * volume(tensor.shape()) : 0;
  fill(tensor, [&](Index i) -> T {
    const auto index = static_cast<std::uint64_t>(copy + i);
    if constexpr (ComplexScalar<T>) {
      using R = RealPart<T>;
      return {static_cast<R>(stream.normal(2 * index)), static_cast<R>(stream.normal(2 * index + 1))};
    } else {
      return static_cast<T>(stream.normal(index));
    }
  });
}

template <class T>
void require_space(const char* operation, const char* argument, const DistTensor<T>& tensor, const TensorSpace& space) {
  if (tensor.space() == space) return;
  throw ShapeError(std::string(operation) + ": the " + argument + " must be " + to_string(space) + ", got " +
                   to_string(tensor.space()));
}

#define TESSERA_INSTANTIATE(T)                                                  \
  template DistTensor<T> DistTensor<T>::to(const Partition&) const;             \
  template double inner_product<T>(const DistTensor<T>&, const DistTensor<T>&); \
  template double norm<T>(const DistTensor<T>&);                                \
  template void fill_normal<T>(DistTensor<T>&, const RandomStream&, bool);      \
  template void require_space<T>(const char*, const char*, const DistTensor<T>&, const TensorSpace&);
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::complex<float>)
TESSERA_INSTANTIATE(std::complex<double>)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
