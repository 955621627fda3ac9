#pragma once

/// \file
/// One box of an array, in pieces small enough for one HDF5 call each.

#include <vector>

#include "io/hdf5_objects.hpp"

namespace tessera::hdf5 {

/// An array opened for moving one box of it. Construction checks everything that can be checked without I/O.
class Hyperslab {
 public:
  /// IoError when there is no such array, its scalars do not convert, its shape is not `whole` (unless null), or the
  /// box does not lie in it.
  Hyperslab(hid_t file, Place place, Element element, const Box& box, const Shape* whole, Index piece_bytes);

  Index pieces() const { return static_cast<Index>(pieces_.size()); }

  /// Move all pieces between the file and contiguous memory, in `calls` HDF5 calls (at least pieces()); the surplus
  /// ones move nothing. Collective transfers need the same number of calls on every rank.
  void read(void* values, Index calls, Transfer transfer) const;
  void write(const void* values, Index calls, Transfer transfer) const;

 private:
  struct Piece {
    Handle file_space;
    Handle memory_space;
    Index offset;
  };

  Piece make_piece(const Box& box, Index offset) const;
  template <class Call>
  void move(Index calls, Transfer transfer, Call&& call) const;

  Place place_;
  Element element_;
  Handle array_;
  Shape shape_;
  std::vector<Piece> pieces_;
  Piece nothing_;
};

}  // namespace tessera::hdf5
