#include "tessera/io/eclipse_file.hpp"

#include <algorithm>
#include <bit>
#include <cctype>
#include <fstream>
#include <istream>
#include <utility>

#include "tessera/core/error.hpp"

namespace tessera {

namespace {

constexpr Index kMarker = 4;
constexpr Index kHeader = 16;

std::uint32_t big_endian_32(const unsigned char* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

std::uint64_t big_endian_64(const unsigned char* bytes) {
  return std::uint64_t{big_endian_32(bytes)} << 32 | big_endian_32(bytes + 4);
}

std::string without_trailing_blanks(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

/// Text of a file of unknown origin, fit for a message.
std::string printable(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += std::isprint(static_cast<unsigned char>(c)) != 0 ? c : '?';
  return result + "'";
}

/// Sets type and element size; false for a name that is no type.
bool set_type(EclipseArray& array, const std::string& name) {
  struct Known {
    const char* name;
    EclipseType type;
    Index size;
  };
  static constexpr Known kKnown[] = {{"INTE", EclipseType::integer, 4},          {"REAL", EclipseType::real, 4},
                                     {"DOUB", EclipseType::double_precision, 8}, {"LOGI", EclipseType::logical, 4},
                                     {"CHAR", EclipseType::character, 8},        {"MESS", EclipseType::message, 0}};
  for (const Known& known : kKnown) {
    if (name != known.name) continue;
    array.type = known.type;
    array.element_size = known.size;
    return true;
  }
  const auto digit = [&](std::size_t i) { return std::isdigit(static_cast<unsigned char>(name[i])) != 0; };
  if (name[0] != 'C' || !digit(1) || !digit(2) || !digit(3)) return false;
  array.type = EclipseType::character;
  array.element_size = std::stoi(name.substr(1));
  return array.element_size > 0;
}

}  // namespace

EclipseFile::EclipseFile(const std::string& path)
    : EclipseFile(path, std::make_unique<std::ifstream>(path, std::ios::binary)) {}

EclipseFile::EclipseFile(std::string name, std::unique_ptr<std::istream> stream)
    : name_(std::move(name)), stream_(std::move(stream)) {
  if (!*stream_) fail("cannot be opened");
  scan();
}

EclipseFile::~EclipseFile() = default;
EclipseFile::EclipseFile(EclipseFile&&) noexcept = default;

const EclipseArray* EclipseFile::find(const std::string& keyword, std::size_t first, std::size_t last) const {
  for (std::size_t i = first; i < std::min(last, arrays_.size()); ++i) {
    if (arrays_[i].keyword == keyword) return &arrays_[i];
  }
  return nullptr;
}

const EclipseArray& EclipseFile::array(const std::string& keyword, std::size_t first, std::size_t last) const {
  const EclipseArray* found = find(keyword, first, last);
  if (found == nullptr) fail("expected keyword " + keyword + ", found none");
  return *found;
}

std::vector<std::int32_t> EclipseFile::integers(const EclipseArray& array, Index expected) const {
  require(array, array.type == EclipseType::integer, "INTE", expected);
  const std::vector<unsigned char> raw = bytes(array);
  std::vector<std::int32_t> result(static_cast<std::size_t>(array.count));
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = static_cast<std::int32_t>(big_endian_32(&raw[4 * i]));
  return result;
}

std::vector<double> EclipseFile::reals(const EclipseArray& array, Index expected) const {
  const bool single = array.type == EclipseType::real;
  require(array, single || array.type == EclipseType::double_precision, "REAL or DOUB", expected);
  const std::vector<unsigned char> raw = bytes(array);
  std::vector<double> result(static_cast<std::size_t>(array.count));
  for (std::size_t i = 0; i < result.size(); ++i) {
    result[i] = single ? static_cast<double>(std::bit_cast<float>(big_endian_32(&raw[4 * i])))
                       : std::bit_cast<double>(big_endian_64(&raw[8 * i]));
  }
  return result;
}

std::vector<std::string> EclipseFile::strings(const EclipseArray& array, Index expected) const {
  require(array, array.type == EclipseType::character, "CHAR", expected);
  const std::vector<unsigned char> raw = bytes(array);
  const auto size = static_cast<std::size_t>(array.element_size);
  std::vector<std::string> result(static_cast<std::size_t>(array.count));
  for (std::size_t i = 0; i < result.size(); ++i) {
    result[i] = without_trailing_blanks(std::string(reinterpret_cast<const char*>(&raw[size * i]), size));
  }
  return result;
}

void EclipseFile::scan() {
  stream_->seekg(0, std::ios::end);
  const auto file_size = static_cast<Index>(stream_->tellg());
  if (!*stream_ || file_size < 0) fail("its size cannot be found");
  for (Index position = 0; position < file_size;) {
    arrays_.push_back(read_header(position, file_size));
    position = skip_records(arrays_.back(), file_size);
  }
}

EclipseArray EclipseFile::read_header(Index position, Index file_size) {
  const std::string place = "header at byte " + std::to_string(position);
  if (file_size - position < kHeader + 2 * kMarker) fail(place + ": expected 24 bytes, found the end of the file");
  if (const auto length = read_length(position); length != kHeader) {
    fail(place + ": expected a record of 16 bytes, found one of " + std::to_string(length));
  }
  unsigned char header[kHeader];
  if (!stream_->read(reinterpret_cast<char*>(header), kHeader)) fail(place + ": cannot be read");
  if (const auto length = read_length(position + kMarker + kHeader); length != kHeader) {
    fail(place + ": expected its length, 16, again at its end, found " + std::to_string(length));
  }
  EclipseArray array{};
  array.keyword = without_trailing_blanks(std::string(reinterpret_cast<const char*>(header), 8));
  array.count = static_cast<std::int32_t>(big_endian_32(header + 8));
  array.offset = position + kHeader + 2 * kMarker;
  const std::string type(reinterpret_cast<const char*>(header + 12), 4);
  const std::string name = "keyword " + printable(array.keyword);
  if (!set_type(array, type)) {
    fail(name + ": expected type INTE, REAL, DOUB, LOGI, CHAR, C0nn or MESS, found " + printable(type));
  }
  const Index left = file_size - array.offset;
  if (array.count < 0 || (array.element_size > 0 && array.count > left / array.element_size)) {
    fail(name + ": expected at most the " + std::to_string(left) + " bytes left in the file, found " +
         std::to_string(array.count) + " elements of type " + type);
  }
  return array;
}

/// Where the records of an array end.
Index EclipseFile::skip_records(const EclipseArray& array, Index file_size) {
  const std::string name = "keyword " + printable(array.keyword);
  Index position = array.offset;
  Index left = array.count * array.element_size;
  while (left > 0) {
    if (file_size - position < 2 * kMarker) {
      fail(name + ": expected " + std::to_string(left) + " more bytes of data, found the end of the file");
    }
    const Index length = read_length(position);
    if (length <= 0 || length > left || length % array.element_size != 0) {
      fail(name + ": expected a record of whole elements and at most " + std::to_string(left) +
           " bytes, found one of " + std::to_string(length));
    }
    if (length > file_size - position - 2 * kMarker) {
      fail(name + ": expected a record of " + std::to_string(length) + " bytes, found the end of the file");
    }
    if (const Index again = read_length(position + kMarker + length); again != length) {
      fail(name + ": expected a record's length, " + std::to_string(length) + ", again at its end, found " +
           std::to_string(again));
    }
    position += length + 2 * kMarker;
    left -= length;
  }
  return position;
}

std::vector<unsigned char> EclipseFile::bytes(const EclipseArray& array) const {
  std::vector<unsigned char> result(static_cast<std::size_t>(array.count * array.element_size));
  Index position = array.offset;
  for (std::size_t done = 0; done < result.size();) {
    // Checked by skip_records, but the file may have changed since.
    const auto length = static_cast<std::size_t>(read_length(position));
    if (length == 0 || length > result.size() - done ||
        !stream_->read(reinterpret_cast<char*>(&result[done]), static_cast<std::streamsize>(length))) {
      fail("keyword " + printable(array.keyword) + ": the file has changed since it was opened");
    }
    done += length;
    position += static_cast<Index>(length) + 2 * kMarker;
  }
  return result;
}

std::int32_t EclipseFile::read_length(Index position) const {
  unsigned char marker[kMarker];
  stream_->clear();
  stream_->seekg(position);
  if (!stream_->read(reinterpret_cast<char*>(marker), kMarker)) {
    fail("cannot be read at byte " + std::to_string(position));
  }
  return static_cast<std::int32_t>(big_endian_32(marker));
}

void EclipseFile::fail(const std::string& what) const { throw IoError(name_ + ": " + what); }

void EclipseFile::require(const EclipseArray& array, bool right_type, const std::string& expected_type,
                          Index expected) const {
  static constexpr const char* kNames[] = {"INTE", "REAL", "DOUB", "LOGI", "CHAR", "MESS"};
  if (!right_type) {
    fail("keyword " + printable(array.keyword) + ": expected type " + expected_type + ", found " +
         kNames[static_cast<int>(array.type)]);
  }
  if (expected >= 0 && array.count != expected) {
    fail("keyword " + printable(array.keyword) + ": expected " + std::to_string(expected) + " values, found " +
         std::to_string(array.count));
  }
}

}  // namespace tessera
