#include "tessera/io/object_store.hpp"

#include <algorithm>
#include <filesystem>

#include "io/http_store.hpp"
#include "io/url.hpp"
#include "tessera/core/error.hpp"
#include "tessera/io/folder_store.hpp"

namespace tessera {

namespace {

constexpr std::size_t kLongestName = 255;

bool valid_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName || name == "." || name == "..") return false;
  return std::none_of(name.begin(), name.end(), [](char c) {
    constexpr unsigned char kFirstPrintable = 0x20, kDelete = 0x7f;
    const auto byte = static_cast<unsigned char>(c);
    return byte < kFirstPrintable || byte == kDelete || c == '\\';
  });
}

}  // namespace

void require_key(const std::string& key) {
  std::string_view rest = key;
  for (bool more = true; more;) {
    const std::size_t slash = rest.find('/');
    more = slash != std::string_view::npos;
    if (!valid_name(rest.substr(0, slash))) {
      throw ArgumentError("ObjectStore: expected a key of names joined by '/', got '" + key + "'");
    }
    if (more) rest.remove_prefix(slash + 1);
  }
}

bool is_store(const std::string& location) {
  std::error_code ignored;
  return is_url(location) || std::filesystem::is_directory(location, ignored);
}

std::shared_ptr<ObjectStore> open_store(const std::string& location) {
  if (is_url(location)) return make_http_store(location);
  return std::make_shared<FolderStore>(location);
}

std::string printable_location(const std::string& location) {
  return is_url(location) ? parse_url(location).printable() : location;
}

void require_writable_location(const std::string& operation, const std::string& location) {
  if (!is_url(location)) return;
  throw IoError(operation + " " + printable_location(location) +
                ": expected a place that can be written, found a URL, which is read only");
}

}  // namespace tessera
