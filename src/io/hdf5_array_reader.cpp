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
  shape_ = shape_of_space(space_.get(), place_);
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
  const std::vector<hsize_t> start(piece.start.begin(), piece.start.end());
  const std::vector<hsize_t> extent(piece.extent.begin(), piece.extent.end());
  check(H5Sselect_hyperslab(space_.get(), H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr), place_,
        "a selection");
  const Handle memory = make_space({piece.volume()}, place_);
  check(H5Dread(array_.get(), memory_type<T>(), memory.get(), space_.get(), access_.get(), values), place_,
        "data that can be transferred");
}

template <RealScalar T>
void Hdf5ArrayReader::read_pieces(const Box& box, T* values) const {
  if (!(intersect(box, {Shape(shape_.size(), 0), shape_}) == box)) {
    fail(place_, "an array that holds " + to_string(box), "shape " + to_string(shape_));
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
