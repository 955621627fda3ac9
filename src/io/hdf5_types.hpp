#pragma once

/// \file
/// Scalars and dataspaces as HDF5 knows them. A complex number is a compound {r, i}, as h5py writes it.

#include <string>

#include "io/hdf5_handle.hpp"
#include "tessera/core/scalar.hpp"
#include "tessera/core/shape.hpp"

namespace tessera::hdf5 {

/// An element type of the library in memory and in a file.
struct Element {
  Handle memory;
  Handle file;
  std::string name;
  bool complex;
  Index bytes;
};

template <Scalar T>
Element element_of();

/// numpy's name of a stored type: "float32", "complex128", "int64", "string"; "opaque data" and the like otherwise.
std::string type_name(hid_t type);

/// Whether values of `element` can be converted to and from a type of this name: real to real, complex to complex.
bool convertible(const Element& element, const std::string& name);

Handle make_space(const Shape& shape, const Place& place);
Shape shape_of_space(hid_t space, const Place& place);

}  // namespace tessera::hdf5
