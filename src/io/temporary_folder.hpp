#pragma once

/// \file
/// Folders that appear under their name only once they are complete. Private to the io room.

#include <string>

namespace tessera {

/// A folder `name`, to be filled by the caller and renamed to `path` at the end. Local.
class TemporaryFolder {
 public:
  /// What is there under that name is removed. IoError when it cannot be created.
  TemporaryFolder(std::string name, std::string path);
  /// Removes the folder unless it was published.
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& name() const noexcept { return name_; }

  /// Renames. IoError when there is anything at `path` but an empty folder.
  void publish();
  /// Renames; a folder at `path` is removed. At any moment the old folder or the new one is there.
  void replace();

 private:
  void synchronize_parent() const;

  std::string name_, path_;
  bool published_ = false;
};

}  // namespace tessera
