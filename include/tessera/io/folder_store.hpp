#pragma once

/// \file
/// Objects as the files of a folder.

#include "tessera/io/object_store.hpp"

namespace tessera {

/// An ObjectStore in a folder of this machine: an object is a file, prefixes are folders, made as needed. An object is
/// written under a name of its own, "<key>.<16 hexadecimal digits>.partial", synchronised and renamed.
class FolderStore final : public ObjectStore {
 public:
  explicit FolderStore(std::string folder) : folder_(std::move(folder)) {}

  const std::string& location() const noexcept override { return folder_; }
  std::optional<Bytes> get(const std::string& key, Index most) const override;
  std::optional<Bytes> get_range(const std::string& key, Index offset, Index bytes) const override;
  bool exists(const std::string& key) const override;
  std::string version(const std::string& key) const override;
  void put(const std::string& key, std::span<const std::byte> bytes) override;
  void erase(const std::string& key) override;
  std::vector<std::string> list(const std::string& prefix) const override;
  void remove_leftovers() override;

 private:
  std::string file_of(const std::string& key) const;

  std::string folder_;
};

}  // namespace tessera
