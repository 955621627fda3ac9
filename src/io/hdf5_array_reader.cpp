#include "io/hdf5_array_reader.hpp"

#include <mpi.h>

#include "io/hdf5_objects.hpp"
#include "io/split_box.hpp"

namespace tessera::hdf5 {

namespace {

/// Of one HDF5 call; larger boxes are read in pieces.
constexpr Index kPieceBytes = Index{1} << 30;

template <RealScalar T>
hid_t memory_type() {
  return std::same_as<T, double> ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT;
}

}  // namespace

Hdf5ArrayReader::Hdf5ArrayReader(const std::string& path, const std::string& name) : place_{"read", path, name} {
  const CallScope scope;
  file_ = open_file(place_, false);
  array_ = open_array(file_.get(), place_);
  space_ = own(H5Dget_space(array_.get()), H5Sclose, place_, "an array with a shape");
  access_ = own(H5Pcreate(H5P_DATASET_XFER), H5Pclose, place_, "a property list");
  const Shape shape = shape_of_space(space_.get(), place_);
  part_ = {Shape(shape.size(), 0), Shape(shape.size(), 1), shape};
}

Hdf5ArrayReader::Hdf5ArrayReader(const std::string& path, const std::string& name, ArrayPart part)
    : Hdf5ArrayReader(path, name) {
  bool fits = part.extent.size() == part_.extent.size();
  for (std::size_t axis = 0; fits && axis < part.extent.size(); ++axis) {
    fits = part.start[axis] + (part.extent[axis] - 1) * part.step[axis] < part_.extent[axis];
  }
  if (!fits) {
    fail(place_, "an array that holds " + to_string(part.extent) + " cells from " + to_string(part.start),
         "shape " + to_string(part_.extent));
  }
  part_ = std::move(part);
}

Hdf5ArrayReader::~Hdf5ArrayReader() {
  int finalized = 0;
  MPI_Finalized(&finalized);
  if (finalized != 0) {
    // MPI_Finalize has shut HDF5 down, and closed everything.
    for (Handle* handle : {&access_, &space_, &array_, &file_}) handle->release();
    return;
  }
  const CallScope scope;
  access_ = {};
  space_ = {};
  array_ = {};
  file_ = {};
}

template <RealScalar T>
void Hdf5ArrayReader::read_piece(const Box& piece, T* values) const {
  std::vector<hsize_t> start(piece.start.begin(), piece.start.end());
  const std::vector<hsize_t> step(part_.step.begin(), part_.step.end());
  const std::vector<hsize_t> extent(piece.extent.begin(), piece.extent.end());
  for (std::size_t axis = 0; axis < start.size(); ++axis) {
    start[axis] = static_cast<hsize_t>(part_.start[axis] + part_.step[axis] * piece.start[axis]);
  }
  check(H5Sselect_hyperslab(space_.get(), H5S_SELECT_SET, start.data(), step.data(), extent.data(), nullptr), place_,
        "a selection");
  const Handle memory = make_space({piece.volume()}, place_);
  check(H5Dread(array_.get(), memory_type<T>(), memory.get(), space_.get(), access_.get(), values), place_,
        "data that can be transferred");
}

template <RealScalar T>
void Hdf5ArrayReader::read_pieces(const Box& box, T* values) const {
  if (!(intersect(box, {Shape(part_.extent.size(), 0), part_.extent}) == box)) {
    fail(place_, "an array that holds " + to_string(box), "shape " + to_string(part_.extent));
  }
  const CallScope scope;
  for (const Box& piece : split_box(box, kPieceBytes / static_cast<Index>(sizeof(T)))) {
    read_piece(piece, values);
    values += piece.volume();
  }
}

template void Hdf5ArrayReader::read_pieces(const Box&, float*) const;
template void Hdf5ArrayReader::read_pieces(const Box&, double*) const;

}  // namespace tessera::hdf5
