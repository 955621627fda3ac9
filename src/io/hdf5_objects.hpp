#pragma once

/// \file
/// Files, groups, arrays and attributes, as one process sees them. Failures are IoErrors of this process alone.

#include <mpi.h>

#include "io/hdf5_types.hpp"
#include "tessera/io/hdf5_file.hpp"

namespace tessera::hdf5 {

/// Opens through ordinary file access. Says what a file that is not HDF5, or is damaged, looks like.
Handle open_file(const Place& place, bool writable);
/// Creates, or empties, through ordinary file access.
Handle create_file(const Place& place);
/// Opens through MPI-IO. Collective over `communicator`.
Handle open_shared_file(const Place& place, MPI_Comm communicator, bool writable);

bool exists(hid_t file, const Place& place);
Handle open_object(hid_t file, const Place& place);
Handle open_array(hid_t file, const Place& place);
ArrayInfo describe(hid_t file, const Place& place);
std::vector<std::string> children(hid_t file, const Place& place);
void create_group(hid_t file, const Place& place);
void create_array(hid_t file, const Place& place, hid_t type, const Shape& shape, const Shape& chunk);

bool has_attribute(hid_t object, const std::string& name, const Place& place);
std::vector<std::string> attribute_names(hid_t object, const Place& place);
void write_attribute(hid_t object, const std::string& name, const AttributeValue& value, const Place& place);
template <class T>
T read_attribute(hid_t object, const std::string& name, const Place& place);

}  // namespace tessera::hdf5
