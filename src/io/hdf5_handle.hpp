#pragma once

/// \file
/// HDF5 identifiers as owners, and HDF5's failures as IoError. Private to the io room.

#include <hdf5.h>

#include <mutex>
#include <string>
#include <utility>

#include "io/place.hpp"
#include "io/size_signal_scope.hpp"

namespace tessera::hdf5 {

using tessera::fail;
using tessera::Place;
using tessera::to_string;

/// Silences HDF5's own error printing until the end of the scope; a file-size limit is an error code within it. One
/// thread of the process at a time is in a scope: HDF5 is not made for more, and a thread may be reading ahead.
class CallScope {
 public:
  CallScope();
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

 private:
  std::lock_guard<std::recursive_mutex> lock_;
  H5E_auto2_t print_ = nullptr;
  void* print_data_ = nullptr;
  SizeSignalScope size_signal_;
};

/// The two innermost messages of HDF5's error stack: the cause, and what it broke.
std::string last_error();

/// Throws IoError with HDF5's own explanation when `status` is negative, as every failed HDF5 call returns.
template <class Status>
Status check(Status status, const Place& place, const char* expected) {
  if (status < 0) fail(place, expected, last_error());
  return status;
}

/// Move-only owner of an HDF5 identifier.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);

  Handle() = default;
  Handle(hid_t id, Close closer) : id_(id), close_(closer) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, kNone)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept;
  ~Handle();

  hid_t get() const noexcept { return id_; }
  explicit operator bool() const noexcept { return id_ >= 0; }

  /// Gives the identifier up without closing it.
  void release() noexcept { id_ = kNone; }
  /// Closes and reports; nothing to do for an empty handle. The handle is empty afterwards in any case.
  void close(const Place& place);

 private:
  static constexpr hid_t kNone = -1;

  hid_t id_ = kNone;
  Close close_ = nullptr;
};

/// Takes a fresh identifier over, or throws IoError.
inline Handle own(hid_t id, Handle::Close close, const Place& place, const char* expected) {
  return Handle(check(id, place, expected), close);
}

}  // namespace tessera::hdf5
