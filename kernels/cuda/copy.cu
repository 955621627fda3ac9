#include "kernels/copy.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/arithmetic/complex_product.hpp"
#include "kernels/box_axes.hpp"
#include "kernels/cuda/launch.cuh"
#include "tessera/core/error.hpp"
#include "tessera/core/scalar.hpp"

namespace tessera::kernels {

namespace {

using cuda::kThreads;
using cuda::thread_number;
using cuda::thread_total;

/// What a copy moves at once.
template <int Bytes>
struct alignas(Bytes) Word {
  std::uint32_t part[Bytes / 4];
};

BoxAxes box_axes(const char* operation, const std::vector<BoxAxis>& axes) {
  if (axes.size() > kMaxBoxAxes) {
    throw ShapeError(std::string(operation) + ": expected at most " + std::to_string(kMaxBoxAxes) +
                     " axes after merging, found " + std::to_string(axes.size()));
  }
  BoxAxes box;
  box.count = static_cast<int>(axes.size());
  std::copy(axes.begin(), axes.end(), box.axes);
  return box;
}

Index volume(const std::vector<BoxAxis>& axes) {
  Index product = 1;
  for (const BoxAxis& axis : axes) product *= std::max<Index>(axis.extent, 0);
  return product;
}

bool fits_32_bits(Index count) { return count <= std::numeric_limits<std::int32_t>::max(); }

/// Neighbouring threads write neighbouring elements.
template <class Number, class W>
__global__ void __launch_bounds__(kThreads) copy_words(BoxAxes box, Index count, const W* source, W* destination) {
  for (Index flat = thread_number(); flat < count; flat += thread_total()) {
    const BoxOffsets at = box_offsets(box, static_cast<Number>(flat));
    destination[at.destination] = source[at.source];
  }
}

template <int Bytes>
void launch_copy(const Stream& stream, const std::vector<BoxAxis>& axes, const void* source, void* destination) {
  const BoxAxes box = box_axes("copy_box", axes);
  const Index count = volume(axes);
  const auto* from = static_cast<const Word<Bytes>*>(source);
  auto* to = static_cast<Word<Bytes>*>(destination);
  const unsigned blocks = cuda::blocks_for(count);
  if (fits_32_bits(count)) {
    cuda::launch(stream, "copy_box", copy_words<std::uint32_t, Word<Bytes>>, blocks, kThreads, 0, box, count, from, to);
  } else {
    cuda::launch(stream, "copy_box", copy_words<std::uint64_t, Word<Bytes>>, blocks, kThreads, 0, box, count, from, to);
  }
}

/// The axes in words of `lanes` elements, where runs, strides and addresses are whole numbers of them.
bool widen(std::vector<BoxAxis>& axes, Index lanes, Index word_bytes, const void* source, const void* destination) {
  const bool aligned = reinterpret_cast<std::uintptr_t>(source) % word_bytes == 0 &&
                       reinterpret_cast<std::uintptr_t>(destination) % word_bytes == 0;
  if (!aligned || axes.empty()) return false;
  const BoxAxis inner = axes.back();
  if (inner.source_stride != 1 || inner.destination_stride != 1 || inner.extent % lanes != 0) return false;
  const bool whole = std::all_of(axes.begin(), axes.end() - 1, [lanes](const BoxAxis& axis) {
    return axis.source_stride % lanes == 0 && axis.destination_stride % lanes == 0;
  });
  if (!whole) return false;
  for (BoxAxis& axis : axes) {
    axis.source_stride /= lanes;
    axis.destination_stride /= lanes;
  }
  axes.back() = {inner.extent / lanes, 1, 1};
  return true;
}

template <class T>
using Addend = std::conditional_t<ComplexScalar<T>, Complex<RealPart<T>>, T>;

template <class T>
__device__ void add(const T& term, T& total) {
  total += term;
}

template <class T>
__device__ void add(const Complex<T>& term, Complex<T>& total) {
  total.real += term.real;
  total.imaginary += term.imaginary;
}

/// A thread has an element of the destination to itself and adds to it, in order, all that `summed` holds for it.
template <class Number, class A>
__global__ void __launch_bounds__(kThreads)
    add_elements(BoxAxes box, Index count, BoxAxes summed, Index terms, const A* source, A* destination) {
  for (Index flat = thread_number(); flat < count; flat += thread_total()) {
    const BoxOffsets at = box_offsets(box, static_cast<Number>(flat));
    A total = destination[at.destination];
    for (Index term = 0; term < terms; ++term) {
      add(source[at.source + box_offsets(summed, static_cast<Number>(term)).source], total);
    }
    destination[at.destination] = total;
  }
}

template <class From, class To>
struct Convert {
  const From* source;
  To* destination;

  template <int Lanes>
  __device__ void at(Index i) const {
    const auto values = cuda::load<Lanes>(source + i);
    cuda::Pack<To, Lanes> converted;
    for (int lane = 0; lane < Lanes; ++lane) converted.lane[lane] = static_cast<To>(values.lane[lane]);
    cuda::store(converted, destination + i);
  }
};

}  // namespace

template <class T>
void copy_box(const Stream& stream, const Shape& extent, const T* source, const Shape& source_strides, T* destination,
              const Shape& destination_strides) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % 4 == 0);
  std::vector<BoxAxis> axes = merged_axes("copy_box", extent, source_strides, destination_strides);
  if (volume(axes) == 0) return;
  constexpr auto kBytes = static_cast<int>(sizeof(T));
  if (kBytes < 16 && widen(axes, 16 / kBytes, 16, source, destination)) {
    launch_copy<16>(stream, axes, source, destination);
  } else if (kBytes < 8 && widen(axes, 8 / kBytes, 8, source, destination)) {
    launch_copy<8>(stream, axes, source, destination);
  } else {
    launch_copy<kBytes>(stream, axes, source, destination);
  }
}

template <class From, class To>
void copy_converted(const Stream& stream, Index count, const From* source, To* destination) {
  constexpr int kLanes = cuda::kPackBytes / static_cast<int>(std::max(sizeof(From), sizeof(To)));
  cuda::for_each_element<kLanes>(stream, "copy_converted", count, cuda::aligned_to_packs(source, destination),
                                 Convert<From, To>{source, destination});
}

template <class T>
void add_box(const Stream& stream, const Shape& extent, const T* source, const Shape& source_strides, T* destination,
             const Shape& destination_strides) {
  std::vector<BoxAxis> axes = merged_axes("add_box", extent, source_strides, destination_strides);
  // Ordered by destination stride: those of stride 0 come last.
  const auto first_summed =
      std::find_if(axes.begin(), axes.end(), [](const BoxAxis& a) { return !a.destination_stride; });
  const std::vector<BoxAxis> summed(first_summed, axes.end());
  axes.erase(first_summed, axes.end());
  const Index count = volume(axes), terms = volume(summed);
  if (count == 0 || terms == 0) return;
  const BoxAxes box = box_axes("add_box", axes), sums = box_axes("add_box", summed);
  const auto* from = reinterpret_cast<const Addend<T>*>(source);
  auto* to = reinterpret_cast<Addend<T>*>(destination);
  const unsigned blocks = cuda::blocks_for(count);
  if (fits_32_bits(std::max(count, terms))) {
    cuda::launch(stream, "add_box", add_elements<std::uint32_t, Addend<T>>, blocks, kThreads, 0, box, count, sums,
                 terms, from, to);
  } else {
    cuda::launch(stream, "add_box", add_elements<std::uint64_t, Addend<T>>, blocks, kThreads, 0, box, count, sums,
                 terms, from, to);
  }
}

template <class T>
void set_zero(const Stream& stream, Index count, T* values) {
  if (count <= 0) return;
  detail::check_cuda(cudaMemsetAsync(values, 0, static_cast<std::size_t>(count) * sizeof(T), stream.handle()),
                     "cudaMemsetAsync");
}

template void copy_converted<float, BFloat16>(const Stream&, Index, const float*, BFloat16*);
template void copy_converted<BFloat16, float>(const Stream&, Index, const BFloat16*, float*);

#define TESSERA_INSTANTIATE_COPY(T) \
  template void copy_box<T>(const Stream&, const Shape&, const T*, const Shape&, T*, const Shape&);
#define TESSERA_INSTANTIATE_ADD(T)                                                                 \
  template void add_box<T>(const Stream&, const Shape&, const T*, const Shape&, T*, const Shape&); \
  template void set_zero<T>(const Stream&, Index, T*);

TESSERA_INSTANTIATE_COPY(float)
TESSERA_INSTANTIATE_COPY(double)
TESSERA_INSTANTIATE_COPY(std::complex<float>)
TESSERA_INSTANTIATE_COPY(std::complex<double>)
TESSERA_INSTANTIATE_COPY(std::int32_t)
TESSERA_INSTANTIATE_COPY(std::int64_t)
TESSERA_INSTANTIATE_ADD(float)
TESSERA_INSTANTIATE_ADD(double)
TESSERA_INSTANTIATE_ADD(std::complex<float>)
TESSERA_INSTANTIATE_ADD(std::complex<double>)

}  // namespace tessera::kernels
