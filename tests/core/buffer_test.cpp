#include "tessera/core/buffer.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "tessera/core/error.hpp"

namespace tessera {
namespace {

TEST(Buffer, IsAlignedToACacheLine) {
  for (const std::int64_t size : {1, 3, 17, 1000}) {
    const Buffer<float> buffer(size);
    EXPECT_EQ(buffer.size(), size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64, 0u);
  }
}

TEST(Buffer, OfNothingHoldsNoMemory) {
  EXPECT_EQ(Buffer<double>().data(), nullptr);
  EXPECT_EQ(Buffer<double>(0).data(), nullptr);
}

TEST(Buffer, IsEmptyOnceMovedFrom) {
  Buffer<int> first(3);
  first.data()[2] = 7;
  Buffer<int> second = std::move(first);
  EXPECT_EQ(first.size(), 0);
  EXPECT_EQ(first.data(), nullptr);
  EXPECT_EQ(second.data()[2], 7);
  first = std::move(second);
  EXPECT_EQ(second.size(), 0);
  EXPECT_EQ(first.data()[2], 7);
}

TEST(Buffer, GrowsOnlyWhenItMust) {
  Buffer<int> buffer(4);
  const int* before = buffer.data();
  buffer.require(3);
  EXPECT_EQ(buffer.data(), before);
  EXPECT_EQ(buffer.size(), 4);
  buffer.require(5);
  EXPECT_EQ(buffer.size(), 5);
}

TEST(Buffer, NamesTheSizeTheMachineRefuses) {
  try {
    const Buffer<double> buffer(std::int64_t{1} << 58);
    FAIL() << "the machine has more memory than expected";
  } catch (const ArgumentError& error) {
    EXPECT_NE(std::string(error.what()).find("2305843009213693952"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace tessera
