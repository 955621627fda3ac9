#include "kernels/copy.hpp"

#include <algorithm>
#include <complex>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include "kernels/box_axes.hpp"
#include "kernels/cpu/simd/active.hpp"
#include "kernels/elementwise.hpp"

namespace tessera::kernels {

namespace {

/// Calls run(source, destination, innermost axis) for every position of the outer axes.
template <class T, class Run>
void for_each_run(std::vector<BoxAxis> axes, const T* source, T* destination, Run run) {
  if (std::any_of(axes.begin(), axes.end(), [](const BoxAxis& axis) { return axis.extent <= 0; })) return;
  const BoxAxis inner = axes.empty() ? BoxAxis{1, 1, 1} : axes.back();
  if (!axes.empty()) axes.pop_back();
  std::vector<Index> position(axes.size(), 0);
  while (true) {
    run(source, destination, inner);
    std::size_t i = axes.size();
    for (; i > 0; --i) {
      const BoxAxis& axis = axes[i - 1];
      if (++position[i - 1] < axis.extent) {
        source += axis.source_stride;
        destination += axis.destination_stride;
        break;
      }
      position[i - 1] = 0;
      source -= (axis.extent - 1) * axis.source_stride;
      destination -= (axis.extent - 1) * axis.destination_stride;
    }
    if (i == 0) return;
  }
}

bool contiguous(const BoxAxis& axis) { return axis.source_stride == 1 && axis.destination_stride == 1; }

template <class T>
void copy_strided(const T* from, T* to, const BoxAxis& axis) {
  for (Index i = 0; i < axis.extent; ++i) to[i * axis.destination_stride] = from[i * axis.source_stride];
}

}  // namespace

template <class T>
void copy_box(const Shape& extent, const T* source, const Shape& source_strides, T* destination,
              const Shape& destination_strides) {
  static_assert(std::is_trivially_copyable_v<T>);
  for_each_run(merged_axes("copy_box", extent, source_strides, destination_strides), source, destination,
               [](const T* from, T* to, const BoxAxis& axis) {
                 if (contiguous(axis)) {
                   std::memcpy(to, from, static_cast<std::size_t>(axis.extent) * sizeof(T));
                   return;
                 }
                 copy_strided(from, to, axis);
               });
}

template <class T>
void stream_box(const Shape& extent, const T* source, const Shape& source_strides, T* destination,
                const Shape& destination_strides) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % sizeof(float) == 0);
  const simd::Table& table = simd::active();
  for_each_run(merged_axes("stream_box", extent, source_strides, destination_strides), source, destination,
               [&](const T* from, T* to, const BoxAxis& axis) {
                 if (contiguous(axis)) {
                   constexpr auto kFloats = static_cast<Index>(sizeof(T) / sizeof(float));
                   table.stream_floats(axis.extent * kFloats, reinterpret_cast<const float*>(from),
                                       reinterpret_cast<float*>(to));
                   return;
                 }
                 copy_strided(from, to, axis);
               });
  table.finish_streams();
}

template <class T>
void add_box(const Shape& extent, const T* source, const Shape& source_strides, T* destination,
             const Shape& destination_strides) {
  for_each_run(merged_axes("add_box", extent, source_strides, destination_strides), source, destination,
               [](const T* from, T* to, const BoxAxis& axis) {
                 if (contiguous(axis)) {
                   axpy<T>(axis.extent, 1, from, to);
                   return;
                 }
                 for (Index i = 0; i < axis.extent; ++i) {
                   to[i * axis.destination_stride] += from[i * axis.source_stride];
                 }
               });
}

template <class T>
void set_zero(Index count, T* values) {
  std::fill_n(values, count, T{});
}

#define TESSERA_INSTANTIATE_COPY(T)                                                  \
  template void copy_box<T>(const Shape&, const T*, const Shape&, T*, const Shape&); \
  template void stream_box<T>(const Shape&, const T*, const Shape&, T*, const Shape&);
#define TESSERA_INSTANTIATE_ADD(T)                                                  \
  template void add_box<T>(const Shape&, const T*, const Shape&, T*, const Shape&); \
  template void set_zero<T>(Index, T*);

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
