#pragma once

/// \file
/// HDF5 files shared by the ranks of a communicator.

#include <memory>
#include <string>
#include <vector>

#include "tessera/io/array_info.hpp"
#include "tessera/tensor/dist_tensor.hpp"

namespace tessera {

/// How the tiles of one array travel between the ranks and the file.
///   independent  every rank moves its own tile. An I/O failure of a rank is an error on all ranks, never a hang.
///   collective   MPI-IO gathers small pieces into large ones first. Faster on a parallel file system when tiles cut
///                the last axes; what a failing disk does in the middle of it is up to the MPI library.
enum class Transfer { independent, collective };

/// An HDF5 file, opened for reading or created, on the ranks of a communicator. Move-only.
///
/// Groups, arrays and attributes are made and looked up by rank 0, which tells the others; arrays are read and written
/// by all ranks. A file being created is therefore in one of two phases, and calls change it as needed: in the
/// structure phase rank 0 alone has it open, in the data phase all ranks do, through MPI-IO. Writing arrays after all
/// of them have been created avoids going back and forth.
///
/// Complex numbers are compounds {r, i}, as h5py writes them. Names are paths such as "block0/weight"; "/" is the file
/// itself. Unless it says otherwise a member is collective over the communicator, and an error met by one rank is
/// thrown on all: IoError "<operation> <path>:<object>: expected ..., found ...".
class Hdf5File {
 public:
  /// Opens an existing file for reading. IoError when it is missing, no HDF5 file, or truncated.
  static Hdf5File open(const std::string& path, std::shared_ptr<const Communicator> communicator);
  /// Creates a file, replacing what is there.
  static Hdf5File create(const std::string& path, std::shared_ptr<const Communicator> communicator);

  Hdf5File(Hdf5File&& other) noexcept;
  Hdf5File& operator=(Hdf5File&& other) noexcept;
  /// Not collective. A file left in its data phase without close() stays open until MPI_Finalize: a rank that fails
  /// alone must not wait here for the others.
  ~Hdf5File();

  const std::string& path() const noexcept;
  const Communicator& communicator() const noexcept;

  /// Whether there is a group or an array of that name.
  bool exists(const std::string& name) const;
  /// Shape and scalar type of an array. IoError when there is none of that name.
  ArrayInfo describe(const std::string& name) const;
  Shape shape_of(const std::string& name) const { return describe(name).shape; }
  /// Names of the groups and arrays directly inside a group, in alphabetical order.
  std::vector<std::string> children(const std::string& group = "/") const;

  bool has_attribute(const std::string& name, const std::string& object = "/") const;
  std::vector<std::string> attribute_names(const std::string& object = "/") const;
  /// T: an alternative of AttributeValue. IoError when the attribute is missing or of another type; integers are read
  /// as double where double is asked for, and a single value as a list of one.
  template <class T>
  T read_attribute(const std::string& name, const std::string& object = "/") const;
  /// Creates or replaces an attribute of an existing group or array.
  void write_attribute(const std::string& name, const AttributeValue& value, const std::string& object = "/");

  /// Creates a group, and the groups it is in; nothing to do when it exists.
  void create_group(const std::string& name);
  /// Creates an array of unspecified contents, and the groups it is in. An empty `chunk` stores it contiguously.
  /// IoError when the name is taken.
  template <Scalar T>
  void create_dataset(const std::string& name, const Shape& shape, const Shape& chunk = {});

  /// Writes a tensor of the array's shape: each active rank its tile, one of several copies. The tensor lives on the
  /// ranks of this file's communicator. Converts between float32 and float64.
  /// IoError naming both when shapes differ or one is real and the other complex.
  template <Scalar T>
  void write_tile(const std::string& name, const DistTensor<T>& tensor, Transfer transfer = Transfer::independent);
  /// Reads this rank's tile, whatever the partition the array was written on; every copy is filled.
  template <Scalar T>
  void read_tile(const std::string& name, DistTensor<T>& tensor, Transfer transfer = Transfer::independent) const;

  /// Enters the data phase of a file being created.
  void begin_data();
  /// Reads `box` of an array into contiguous memory. Not collective: call it on any rank, any number of times; an
  /// error is thrown on the calling rank only. A file being created must be in its data phase.
  template <Scalar T>
  void read_hyperslab(const std::string& name, const Box& box, T* values) const;
  /// Writes `box` of an array; not collective, in the data phase only (see begin_data).
  template <Scalar T>
  void write_hyperslab(const std::string& name, const Box& box, const T* values);

  /// Brings the structure made so far to the file, which then has its full size.
  void flush_structure();
  /// Closes the file and reports what went wrong. Later calls do nothing; other members then throw ArgumentError.
  void close();

  /// Largest number of bytes one HDF5 call moves (default 2^30); larger tiles are split along their slowest axis.
  /// Not collective, but must be equal on all ranks.
  void set_transfer_bytes(Index bytes);

 private:
  struct Impl;
  explicit Hdf5File(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tessera
