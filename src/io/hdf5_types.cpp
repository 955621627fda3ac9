#include "io/hdf5_types.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

namespace tessera::hdf5 {

namespace {

Handle complex_type(hid_t real) {
  const Place place{"HDF5", "complex type"};
  const std::size_t size = H5Tget_size(real);
  Handle type = own(H5Tcreate(H5T_COMPOUND, 2 * size), H5Tclose, place, "a compound type");
  check(H5Tinsert(type.get(), "r", 0, real), place, "a compound member");
  check(H5Tinsert(type.get(), "i", size, real), place, "a compound member");
  return type;
}

Handle real_type(hid_t real) { return own(H5Tcopy(real), H5Tclose, {"HDF5", "real type"}, "a copy of the type"); }

std::string member_name(hid_t type, unsigned member) {
  const std::unique_ptr<char, herr_t (*)(void*)> name(H5Tget_member_name(type, member), H5free_memory);
  return name ? name.get() : "";
}

/// Bits of one of two equal floating-point members r and i; 0 for any other compound.
std::size_t complex_bits(hid_t type) {
  if (H5Tget_nmembers(type) != 2 || member_name(type, 0) != "r" || member_name(type, 1) != "i") return 0;
  std::size_t bytes[2] = {0, 0};
  for (unsigned member = 0; member < 2; ++member) {
    if (H5Tget_member_class(type, member) != H5T_FLOAT) return 0;
    const Handle part(H5Tget_member_type(type, member), H5Tclose);
    bytes[member] = H5Tget_size(part.get());
  }
  return bytes[0] == bytes[1] ? 8 * bytes[0] : 0;
}

}  // namespace

template <Scalar T>
Element element_of() {
  constexpr bool kDouble = std::same_as<RealPart<T>, double>;
  const hid_t memory = kDouble ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT;
  const hid_t file = kDouble ? H5T_IEEE_F64LE : H5T_IEEE_F32LE;
  constexpr bool kComplex = ComplexScalar<T>;
  return {kComplex ? complex_type(memory) : real_type(memory), kComplex ? complex_type(file) : real_type(file),
          scalar_name<T>(), kComplex, static_cast<Index>(sizeof(T))};
}

std::string type_name(hid_t type) {
  const std::size_t bits = 8 * H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_FLOAT: return "float" + std::to_string(bits);
    case H5T_INTEGER: return (H5Tget_sign(type) == H5T_SGN_NONE ? "uint" : "int") + std::to_string(bits);
    case H5T_STRING: return "string";
    case H5T_ENUM: return "an enumeration";
    case H5T_COMPOUND: {
      const std::size_t part = complex_bits(type);
      return part > 0 ? "complex" + std::to_string(2 * part) : "a compound";
    }
    default: return "opaque data";
  }
}

bool convertible(const Element& element, const std::string& name) {
  return name.starts_with(element.complex ? "complex" : "float");
}

Handle make_space(const Shape& shape, const Place& place) {
  const std::vector<hsize_t> extents(shape.begin(), shape.end());
  return own(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose, place,
             "a shape HDF5 can hold");
}

Shape shape_of_space(hid_t space, const Place& place) {
  const int rank = check(H5Sget_simple_extent_ndims(space), place, "an array");
  std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
  check(H5Sget_simple_extent_dims(space, extents.data(), nullptr), place, "an array");
  return Shape(extents.begin(), extents.end());
}

template Element element_of<float>();
template Element element_of<double>();
template Element element_of<std::complex<float>>();
template Element element_of<std::complex<double>>();

}  // namespace tessera::hdf5
