#pragma once

/// \file
/// Values as bytes, for what one rank looks up and tells the others. Strings, numbers, lists of them, ArrayInfo.

#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "tessera/io/array_info.hpp"

namespace tessera {

template <class T>
requires std::is_arithmetic_v<T>
void pack(std::string& bytes, T value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof(T)); }

inline void pack(std::string& bytes, const std::string& text) {
  pack(bytes, text.size());
  bytes += text;
}

template <class T>
void pack(std::string& bytes, const std::vector<T>& list) {
  pack(bytes, list.size());
  for (const T& item : list) pack(bytes, item);
}

inline void pack(std::string& bytes, const ArrayInfo& info) {
  pack(bytes, info.shape);
  pack(bytes, info.scalar);
}

/// Reads values back in the order they were packed.
class Unpacker {
 public:
  explicit Unpacker(const std::string& bytes) : next_(bytes.data()) {}

  template <class T>
  requires std::is_arithmetic_v<T>
  void unpack(T& value) {
    std::memcpy(&value, next_, sizeof(T));
    next_ += sizeof(T);
  }
  void unpack(std::string& text) {
    std::size_t size = 0;
    unpack(size);
    text.assign(next_, size);
    next_ += size;
  }
  template <class T>
  void unpack(std::vector<T>& list) {
    std::size_t size = 0;
    unpack(size);
    list.resize(size);
    for (T& item : list) unpack(item);
  }
  void unpack(ArrayInfo& info) {
    unpack(info.shape);
    unpack(info.scalar);
  }

 private:
  const char* next_;
};

}  // namespace tessera
