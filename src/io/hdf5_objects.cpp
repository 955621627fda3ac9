#include "io/hdf5_objects.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace tessera::hdf5 {

namespace {

Handle property_list(hid_t kind, const Place& place) {
  return own(H5Pcreate(kind), H5Pclose, place, "a property list");
}

Handle ordinary_access(const Place& place) {
  Handle access = property_list(H5P_FILE_ACCESS, place);
  // The ranks of a program open and close one file at different moments; locks would stand in their way.
  check(H5Pset_file_locking(access.get(), 0, 1), place, "a property list");
  return access;
}

/// HDF5 1.10 frees a file whose last flush fails and then closes it again at exit; one that cannot be flushed is
/// therefore left open.
herr_t flush_and_close(hid_t file) {
  const herr_t status = H5Fflush(file, H5F_SCOPE_LOCAL);
  return status < 0 ? status : H5Fclose(file);
}

/// Opens and closes with plain system calls, whose failures say more than HDF5's.
struct stat require_access(const Place& place, int flags, const char* expected) {
  const int file = ::open(place.path.c_str(), flags | O_CLOEXEC, 0666);
  if (file < 0) fail(place, expected, std::strerror(errno));
  struct stat status = {};
  const int code = ::fstat(file, &status);
  ::close(file);
  if (code != 0) fail(place, expected, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) fail(place, expected, S_ISDIR(status.st_mode) ? "a directory" : "no regular file");
  return status;
}

}  // namespace

Handle open_file(const Place& place, bool writable) {
  constexpr const char* kExpected = "an HDF5 file";
  const struct stat status = require_access(place, writable ? O_RDWR : O_RDONLY, kExpected);
  if (status.st_size == 0) fail(place, kExpected, "an empty file");
  if (H5Fis_hdf5(place.path.c_str()) == 0) {
    fail(place, kExpected, "a file of another kind (" + std::to_string(status.st_size) + " bytes, no HDF5 signature)");
  }
  const Handle access = ordinary_access(place);
  return own(H5Fopen(place.path.c_str(), writable ? H5F_ACC_RDWR : H5F_ACC_RDONLY, access.get()),
             writable ? flush_and_close : H5Fclose, place, "a readable HDF5 file");
}

Handle create_file(const Place& place) {
  require_access(place, O_RDWR | O_CREAT, "a file that can be written");
  const Handle access = ordinary_access(place);
  return own(H5Fcreate(place.path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), flush_and_close, place,
             "a file that can be written");
}

Handle open_shared_file(const Place& place, MPI_Comm communicator, bool writable) {
  const Handle access = property_list(H5P_FILE_ACCESS, place);
  check(H5Pset_fapl_mpio(access.get(), communicator, MPI_INFO_NULL), place, "MPI-IO");
  return own(H5Fopen(place.path.c_str(), writable ? H5F_ACC_RDWR : H5F_ACC_RDONLY, access.get()), H5Fclose, place,
             "a file every rank can open");
}

bool exists(hid_t file, const Place& place) {
  // HDF5 asks about one link at a time: every group on the way has to be there.
  for (std::size_t end = 0; end != std::string::npos;) {
    end = place.object.find('/', end + 1);
    const std::string part = place.object.substr(0, end);
    if (part.empty() || part == "/") continue;
    if (check(H5Lexists(file, part.c_str(), H5P_DEFAULT), place, "a name to look up") == 0) return false;
    if (check(H5Oexists_by_name(file, part.c_str(), H5P_DEFAULT), place, "a name to look up") == 0) return false;
    if (end == std::string::npos) break;
    const Handle group = own(H5Oopen(file, part.c_str(), H5P_DEFAULT), H5Oclose, place, "a name to look up");
    if (H5Iget_type(group.get()) != H5I_GROUP) return false;
  }
  return true;
}

Handle open_object(hid_t file, const Place& place) {
  if (!exists(file, place)) fail(place, "an object of that name", "none");
  return own(H5Oopen(file, place.object.c_str(), H5P_DEFAULT), H5Oclose, place, "an object that can be read");
}

Handle open_array(hid_t file, const Place& place) {
  if (!exists(file, place)) fail(place, "an array", "no object of that name");
  Handle object = own(H5Oopen(file, place.object.c_str(), H5P_DEFAULT), H5Oclose, place, "an array");
  if (H5Iget_type(object.get()) != H5I_DATASET) fail(place, "an array", "a group");
  return object;
}

ArrayInfo describe(hid_t file, const Place& place) {
  const Handle array = open_array(file, place);
  const Handle type = own(H5Dget_type(array.get()), H5Tclose, place, "an array with a type");
  const Handle space = own(H5Dget_space(array.get()), H5Sclose, place, "an array with a shape");
  return {shape_of_space(space.get(), place), type_name(type.get())};
}

std::vector<std::string> children(hid_t file, const Place& place) {
  const Handle object = open_object(file, place);
  if (H5Iget_type(object.get()) != H5I_GROUP) fail(place, "a group", "an array");
  H5G_info_t info = {};
  check(H5Gget_info(object.get(), &info), place, "a group that can be read");
  std::vector<std::string> names;
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    const auto by_index = [&](char* name, std::size_t size) {
      return check(H5Lget_name_by_idx(object.get(), ".", H5_INDEX_NAME, H5_ITER_INC, i, name, size, H5P_DEFAULT), place,
                   "a group that can be read");
    };
    std::string name(static_cast<std::size_t>(by_index(nullptr, 0)), '\0');
    by_index(name.data(), name.size() + 1);
    names.push_back(std::move(name));
  }
  return names;
}

void create_group(hid_t file, const Place& place) {
  if (exists(file, place)) {
    const Handle object = open_object(file, place);
    if (H5Iget_type(object.get()) != H5I_GROUP) fail(place, "a free name or a group", "an array");
    return;
  }
  const Handle links = property_list(H5P_LINK_CREATE, place);
  check(H5Pset_create_intermediate_group(links.get(), 1), place, "a property list");
  own(H5Gcreate2(file, place.object.c_str(), links.get(), H5P_DEFAULT, H5P_DEFAULT), H5Gclose, place, "a new group")
      .close(place);
}

void create_array(hid_t file, const Place& place, hid_t type, const Shape& shape, const Shape& chunk) {
  if (exists(file, place)) fail(place, "a free name", "an object of that name");
  const Handle space = make_space(shape, place);
  const Handle links = property_list(H5P_LINK_CREATE, place);
  check(H5Pset_create_intermediate_group(links.get(), 1), place, "a property list");
  const Handle layout = property_list(H5P_DATASET_CREATE, place);
  // All storage is laid out here, by one process, so that the ranks which fill it change no metadata.
  check(H5Pset_alloc_time(layout.get(), H5D_ALLOC_TIME_EARLY), place, "a property list");
  check(H5Pset_fill_time(layout.get(), H5D_FILL_TIME_NEVER), place, "a property list");
  if (!chunk.empty()) {
    const std::vector<hsize_t> extents(chunk.begin(), chunk.end());
    check(H5Pset_chunk(layout.get(), static_cast<int>(extents.size()), extents.data()), place, "chunks HDF5 can make");
  }
  own(H5Dcreate2(file, place.object.c_str(), type, space.get(), links.get(), layout.get(), H5P_DEFAULT), H5Dclose,
      place, "a new array")
      .close(place);
}

}  // namespace tessera::hdf5
