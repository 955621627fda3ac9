#pragma once

/// \file
/// What the device tests share: a fixture that skips where no device is usable, and arrays that go there and back.

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "tessera/core/device.hpp"
#include "tessera/core/device_buffer.hpp"
#include "tessera/core/device_copy.hpp"
#include "tessera/core/stream.hpp"

namespace tessera::test {

/// Element counts that reach every path of a kernel: none, one, less than 16 bytes, odd, many blocks.
inline const std::vector<Index> kCounts = {0, 1, 3, 17, 1001, 300'003};

class OnDevice : public testing::Test {
 protected:
  void SetUp() override {
    if (device_count() == 0) GTEST_SKIP() << "skipped: no device: " << why_no_device();
    select_device(0);
    stream_.emplace();
  }

  const Stream& stream() const { return *stream_; }

  /// A copy of `values`, `offset` elements behind the start of a buffer: past the alignment of wide loads.
  template <class T>
  DeviceBuffer<T> to_device(const std::vector<T>& values, Index offset = 0) const {
    const auto count = static_cast<Index>(values.size());
    DeviceBuffer<T> buffer(stream(), count + offset);
    copy_async(stream(), count, values.data(), buffer.data() + offset);
    return buffer;
  }

  /// What `buffer` holds from `offset` on, when the stream has come to this point.
  template <class T>
  std::vector<T> to_host(const DeviceBuffer<T>& buffer, Index offset = 0) const {
    std::vector<T> values(static_cast<std::size_t>(buffer.size() - offset));
    copy_async(stream(), buffer.size() - offset, buffer.data() + offset, values.data());
    stream().synchronize();
    return values;
  }

 private:
  std::optional<Stream> stream_;
};

}  // namespace tessera::test
