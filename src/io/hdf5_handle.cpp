#include "io/hdf5_handle.hpp"

#include <vector>

namespace tessera::hdf5 {

namespace {

std::recursive_mutex& calls() {
  static std::recursive_mutex mutex;
  return mutex;
}

}  // namespace

CallScope::CallScope() : lock_(calls()) {
  H5Eget_auto2(H5E_DEFAULT, &print_, &print_data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

CallScope::~CallScope() { H5Eset_auto2(H5E_DEFAULT, print_, print_data_); }

std::string last_error() {
  constexpr std::size_t kMessages = 2;
  std::vector<std::string> messages;
  const H5E_walk2_t collect = [](unsigned, const H5E_error2_t* error, void* data) -> herr_t {
    auto& list = *static_cast<std::vector<std::string>*>(data);
    if (list.size() < kMessages && error->desc != nullptr) list.emplace_back(error->desc);
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, collect, &messages);
  if (messages.empty()) return "an HDF5 failure without explanation";
  std::string text = messages.front();
  for (std::size_t i = 1; i < messages.size(); ++i) text += " (" + messages[i] + ")";
  return text;
}

Handle& Handle::operator=(Handle&& other) noexcept {
  std::swap(id_, other.id_);
  std::swap(close_, other.close_);
  return *this;
}

Handle::~Handle() {
  if (id_ >= 0) close_(id_);
}

void Handle::close(const Place& place) {
  if (id_ < 0) return;
  check(close_(std::exchange(id_, kNone)), place, "a clean close");
}

}  // namespace tessera::hdf5
