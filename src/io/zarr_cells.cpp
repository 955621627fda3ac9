#include "io/zarr_cells.hpp"

#include <cstdint>
#include <cstring>
#include <utility>

#include "tessera/core/error.hpp"

namespace tessera::zarr {

namespace {

/// A stored truth value: any byte but zero is true.
enum class Truth : std::uint8_t {};

template <class T, class Stored>
T to_value(Stored stored) {
  if constexpr (std::same_as<Stored, Truth>)
    return static_cast<T>(stored != Truth{0});
  else
    return static_cast<T>(stored);
}

template <class Stored, class T>
Stored to_stored(T value) {
  if constexpr (std::same_as<T, Index> && !std::same_as<Stored, Index>) {
    bool fits = value == 0 || value == 1;
    if constexpr (!std::same_as<Stored, Truth>) fits = std::in_range<Stored>(value);
    if (!fits)
      throw ArgumentError("write_box: expected integers that the stored type holds, got " + std::to_string(value));
  }
  return static_cast<Stored>(value);
}

/// Calls body.operator()<Stored>() with the C++ type of the stored values, among those that T converts to.
template <class T, class Body>
void with_stored_type(const ElementType& type, Body&& body) {
  if constexpr (std::same_as<T, Index>) {
    if (type.kind == 'b') body.template operator()<Truth>();
    if (type.kind == 'u') body.template operator()<std::uint8_t>();
    if (type.kind == 'i' && type.bytes == sizeof(std::int32_t)) body.template operator()<std::int32_t>();
    if (type.kind == 'i' && type.bytes == sizeof(std::int64_t)) body.template operator()<std::int64_t>();
  } else {
    using Single = std::conditional_t<ComplexScalar<T>, std::complex<float>, float>;
    using Double = std::conditional_t<ComplexScalar<T>, std::complex<double>, double>;
    if (type.bytes == sizeof(Single)) body.template operator()<Single>();
    if (type.bytes == sizeof(Double)) body.template operator()<Double>();
  }
}

Index offset_in(const Shape& strides, const Shape& from, const Shape& origin) {
  Index offset = 0;
  for (std::size_t axis = 0; axis < strides.size(); ++axis) offset += (from[axis] - origin[axis]) * strides[axis];
  return offset;
}

/// Calls body(chunk_offset, box_offset) for the first cell of every line of `part` along the last axis.
template <class Body>
void for_each_line(const Metadata& metadata, const Shape& start, const Box& part, const Box& box, Body&& body) {
  if (part.empty()) return;
  const Shape chunk_strides = metadata.chunk_strides();
  const Shape box_strides = row_major_strides(box.extent);
  Shape at = part.start;
  for (;;) {
    body(offset_in(chunk_strides, at, start), offset_in(box_strides, at, box.start));
    std::size_t axis = at.size();
    if (axis < 2) return;
    for (--axis; axis-- > 0;) {
      if (++at[axis] < part.start[axis] + part.extent[axis]) break;
      at[axis] = part.start[axis];
      if (axis == 0) return;
    }
  }
}

}  // namespace

template <ZarrScalar T>
bool convertible(const ElementType& type) {
  if constexpr (std::same_as<T, Index>) return type.kind == 'i' || type.kind == 'u' || type.kind == 'b';
  return type.kind == (RealScalar<T> ? 'f' : 'c');
}

template <ZarrScalar T>
void load_cells(const Metadata& metadata, std::span<const std::byte> cells, const Shape& start, const Box& part,
                const Box& box, T* values) {
  const bool filled = cells.empty();
  const Index length = part.extent.empty() ? 1 : part.extent.back();
  const Shape strides = metadata.chunk_strides();
  const Index stride = filled ? 0 : strides.empty() ? 1 : strides.back();
  with_stored_type<T>(metadata.type, [&]<class Stored>() {
    for_each_line(metadata, start, part, box, [&](Index chunk_offset, Index box_offset) {
      const std::byte* from = filled ? metadata.fill.data() : cells.data() + chunk_offset * sizeof(Stored);
      T* to = values + box_offset;
      if constexpr (std::same_as<T, Stored>) {
        if (stride == 1) {
          std::memcpy(to, from, static_cast<std::size_t>(length) * sizeof(T));
          return;
        }
      }
      for (Index i = 0; i < length; ++i, from += stride * sizeof(Stored)) {
        Stored stored;
        std::memcpy(&stored, from, sizeof(stored));
        to[i] = to_value<T>(stored);
      }
    });
  });
}

template <ZarrScalar T>
void store_cells(const Metadata& metadata, std::span<std::byte> cells, const Shape& start, const Box& part,
                 const Box& box, const T* values) {
  const Index length = part.extent.empty() ? 1 : part.extent.back();
  const Shape strides = metadata.chunk_strides();
  const Index stride = strides.empty() ? 1 : strides.back();
  with_stored_type<T>(metadata.type, [&]<class Stored>() {
    for_each_line(metadata, start, part, box, [&](Index chunk_offset, Index box_offset) {
      std::byte* to = cells.data() + chunk_offset * sizeof(Stored);
      const T* from = values + box_offset;
      if constexpr (std::same_as<T, Stored>) {
        if (stride == 1) {
          std::memcpy(to, from, static_cast<std::size_t>(length) * sizeof(T));
          return;
        }
      }
      for (Index i = 0; i < length; ++i, to += stride * sizeof(Stored)) {
        const Stored stored = to_stored<Stored>(from[i]);
        std::memcpy(to, &stored, sizeof(stored));
      }
    });
  });
}

#define TESSERA_INSTANTIATE(T)                                                                                        \
  template bool convertible<T>(const ElementType&);                                                                   \
  template void load_cells<T>(const Metadata&, std::span<const std::byte>, const Shape&, const Box&, const Box&, T*); \
  template void store_cells<T>(const Metadata&, std::span<std::byte>, const Shape&, const Box&, const Box&, const T*);
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::complex<float>)
TESSERA_INSTANTIATE(std::complex<double>)
TESSERA_INSTANTIATE(Index)
#undef TESSERA_INSTANTIATE

}  // namespace tessera::zarr
