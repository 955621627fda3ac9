#include "io/hdf5_hyperslab.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "io/split_box.hpp"
#include "tessera/core/error.hpp"

namespace tessera::hdf5 {

namespace {

bool inside(const Box& box, const Shape& shape) {
  if (box.start.size() != shape.size() || box.extent.size() != shape.size()) return false;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (box.start[axis] < 0 || box.extent[axis] < 0 || box.start[axis] + box.extent[axis] > shape[axis]) return false;
  }
  return true;
}

}  // namespace

Hyperslab::Hyperslab(hid_t file, Place place, Element element, const Box& box, const Shape* whole, Index piece_bytes)
    : place_(std::move(place)), element_(std::move(element)), array_(open_array(file, place_)) {
  const ArrayInfo info = describe(file, place_);
  shape_ = info.shape;
  if (!convertible(element_, info.scalar)) fail(place_, element_.name, info.scalar);
  if (whole != nullptr && *whole != shape_) fail(place_, "shape " + to_string(*whole), "shape " + to_string(shape_));
  if (!inside(box, shape_)) fail(place_, "an array that holds " + to_string(box), "shape " + to_string(shape_));
  Index offset = 0;
  for (const Box& piece : split_box(box, std::max<Index>(1, piece_bytes / element_.bytes))) {
    pieces_.push_back(make_piece(piece, offset));
    offset += piece.volume();
  }
  nothing_ = make_piece(Box{Shape(shape_.size(), 0), Shape(shape_.size(), 0)}, 0);
  check(H5Sselect_none(nothing_.file_space.get()), place_, "an empty selection");
  check(H5Sselect_none(nothing_.memory_space.get()), place_, "an empty selection");
}

Hyperslab::Piece Hyperslab::make_piece(const Box& box, Index offset) const {
  Piece piece{own(H5Dget_space(array_.get()), H5Sclose, place_, "an array with a shape"),
              make_space(box.extent, place_), offset};
  if (!box.start.empty() && !box.empty()) {
    const std::vector<hsize_t> start(box.start.begin(), box.start.end());
    const std::vector<hsize_t> extent(box.extent.begin(), box.extent.end());
    check(H5Sselect_hyperslab(piece.file_space.get(), H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr),
          place_, "a selection");
  }
  return piece;
}

template <class Call>
void Hyperslab::move(Index calls, Transfer transfer, Call&& call) const {
  const Handle access = own(H5Pcreate(H5P_DATASET_XFER), H5Pclose, place_, "a property list");
  if (transfer == Transfer::collective) {
    check(H5Pset_dxpl_mpio(access.get(), H5FD_MPIO_COLLECTIVE), place_, "collective access");
  }
  // After a failure the remaining calls are still made: other ranks may be waiting in them.
  std::optional<std::string> failure;
  for (Index i = 0; i < calls; ++i) {
    const Piece& piece = i < pieces() ? pieces_[static_cast<std::size_t>(i)] : nothing_;
    if (call(piece, access.get()) < 0 && !failure) failure = last_error();
  }
  if (failure) fail(place_, "data that can be transferred", *failure);
}

void Hyperslab::read(void* values, Index calls, Transfer transfer) const {
  move(calls, transfer, [&](const Piece& piece, hid_t access) {
    return H5Dread(array_.get(), element_.memory.get(), piece.memory_space.get(), piece.file_space.get(), access,
                   static_cast<char*>(values) + piece.offset * element_.bytes);
  });
}

void Hyperslab::write(const void* values, Index calls, Transfer transfer) const {
  try {
    move(calls, transfer, [&](const Piece& piece, hid_t access) {
      return H5Dwrite(array_.get(), element_.memory.get(), piece.memory_space.get(), piece.file_space.get(), access,
                      static_cast<const char*>(values) + piece.offset * element_.bytes);
    });
  } catch (const IoError& error) {
    // MPI-IO does not say why a write fails; a full disk is the usual reason.
    std::error_code unknown;
    const auto space = std::filesystem::space(place_.path, unknown);
    if (unknown) throw;
    throw IoError(std::string(error.what()) + "; " + std::to_string(space.available) + " bytes are free on the disk");
  }
}

}  // namespace tessera::hdf5
