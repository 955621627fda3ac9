#pragma once

/// \file
/// Files that appear under their name only once they are complete. Private to the io room.

#include <memory>
#include <string>

#include "tessera/comm/communicator.hpp"

namespace tessera {

/// The name "<path>.tmp", to be filled by the caller and renamed to `path` at the end, so that a failure at any moment
/// leaves what was at `path` before. `what` ("checkpoint") begins the messages.
class TemporaryFile {
 public:
  /// IoError when `path` is a directory. Collective.
  TemporaryFile(std::string what, std::string path, std::shared_ptr<const Communicator> communicator);
  /// Removes the temporary unless it was published. Not collective.
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& name() const noexcept { return name_; }

  /// Creates the temporary, empty, and makes sure that it can grow to `bytes`:
  /// IoError "checkpoint <path>: needs <bytes> bytes, only <n> available: No space left on device". Collective.
  void require_space(Index bytes) const;
  /// Claims disk blocks for the temporary's present size, so that filling its holes cannot run out of space. File
  /// systems that cannot do so are left as they are. Collective; the same error.
  void claim_blocks() const;
  /// Forces the contents to the disk, by every rank, and renames. IoError when that fails. Collective.
  void publish();

 private:
  void reserve(int file, Index bytes) const;
  [[noreturn]] void fail(const std::string& explanation) const;
  void synchronize(const std::string& name, bool directory) const;

  std::string what_;
  std::string path_;
  std::string name_;
  std::shared_ptr<const Communicator> communicator_;
  bool published_ = false;
};

}  // namespace tessera
