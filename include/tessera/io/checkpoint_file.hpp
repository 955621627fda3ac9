#pragma once

/// \file
/// Checkpoints: named tensors and attributes in one HDF5 file that is either the old one or the new one, never half.

#include <functional>
#include <map>

#include "tessera/io/hdf5_file.hpp"

namespace tessera {

/// Gathers references to tensors, then writes them in one go. Names are paths such as "parameter/block0/weight";
/// slashes become groups. Every rank of the communicator makes the same calls.
class CheckpointWriter {
 public:
  CheckpointWriter(std::string path, std::shared_ptr<const Communicator> communicator);

  /// Sets an attribute of the file, replacing an earlier value. Local.
  void set_attribute(const std::string& name, AttributeValue value);
  /// Adds a tensor, which must outlive commit() and lives on the ranks of the communicator. Local.
  /// ArgumentError when the name is taken, or is part of another ("a" and "a/b").
  template <Scalar T>
  void add(const std::string& name, const DistTensor<T>& tensor);
  template <Scalar T>
  void add(const std::string& name, const DistTensor<T>&& tensor) = delete;

  /// Writes `<path>.tmp`, forces it to the disk and renames it to `path`. The space is reserved first, so that a full
  /// disk or a file-size limit is found before anything is written:
  /// IoError "checkpoint <path>: needs 12345678 bytes, only 4096 available: No space left on device".
  /// After any failure, of any rank, the file at `path` is the one that was there before and the temporary is gone.
  /// May be called again, to save the tensors' newer values. Collective; each tile is written by the rank that owns it.
  void commit();

 private:
  struct Entry {
    Index bytes;
    std::function<void(Hdf5File&)> create;
    std::function<void(Hdf5File&)> write;
  };

  Index bytes_needed() const;

  std::string path_;
  std::shared_ptr<const Communicator> communicator_;
  std::map<std::string, AttributeValue> attributes_;
  std::map<std::string, Entry> entries_;
};

/// Reads a checkpoint into tensors on any partition and any number of ranks. All members are collective and throw on
/// all ranks.
class CheckpointReader {
 public:
  /// IoError when the file is missing, damaged, or no checkpoint.
  CheckpointReader(const std::string& path, std::shared_ptr<const Communicator> communicator);

  bool has(const std::string& name) const { return file_.exists(name); }
  ArrayInfo describe(const std::string& name) const { return file_.describe(name); }
  /// Names directly inside a group; "/" lists the outermost ones.
  std::vector<std::string> children(const std::string& group = "/") const { return file_.children(group); }
  /// Fills this rank's tile. IoError when there is no such tensor, or its shape or kind (real, complex) differs.
  template <Scalar T>
  void read(const std::string& name, DistTensor<T>& tensor) const {
    file_.read_tile(name, tensor);
  }

  bool has_attribute(const std::string& name) const { return file_.has_attribute(name); }
  template <class T>
  T attribute(const std::string& name) const {
    return file_.read_attribute<T>(name);
  }

 private:
  Hdf5File file_;
};

}  // namespace tessera
