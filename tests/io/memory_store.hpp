#pragma once

/// \file
/// Objects in memory, for tests of what is kept in a store.

#include <map>
#include <set>
#include <string>

#include "tessera/core/error.hpp"
#include "tessera/io/object_store.hpp"

namespace tessera::testing_support {

class MemoryStore final : public ObjectStore {
 public:
  const std::string& location() const noexcept override { return location_; }
  std::optional<Bytes> get(const std::string& key, Index most) const override {
    require_key(key);
    ++reads;
    const auto found = objects.find(key);
    if (found == objects.end()) return std::nullopt;
    if (std::ssize(found->second) > most) throw IoError("memory:" + key + ": too long");
    return found->second;
  }
  std::optional<Bytes> get_range(const std::string& key, Index offset, Index bytes) const override {
    const auto all = get(key, offset + bytes);
    if (!all) return std::nullopt;
    return Bytes(all->begin() + offset, all->begin() + offset + bytes);
  }
  bool exists(const std::string& key) const override { return objects.contains(key); }
  std::string version(const std::string& key) const override { return exists(key) ? "1" : ""; }
  void put(const std::string& key, std::span<const std::byte> bytes) override {
    require_key(key);
    objects[key] = Bytes(bytes.begin(), bytes.end());
  }
  void put_text(const std::string& key, const std::string& text) { put(key, std::as_bytes(std::span(text))); }
  void erase(const std::string& key) override { objects.erase(key); }
  std::vector<std::string> list(const std::string& prefix) const override {
    const std::string start = prefix.empty() ? "" : prefix + "/";
    std::set<std::string> names;
    for (const auto& [key, bytes] : objects) {
      if (key.starts_with(start)) names.insert(key.substr(start.size(), key.find('/', start.size()) - start.size()));
    }
    return {names.begin(), names.end()};
  }
  void remove_leftovers() override {}

  std::map<std::string, Bytes> objects;
  mutable int reads = 0;

 private:
  std::string location_ = "memory";
};

}  // namespace tessera::testing_support
