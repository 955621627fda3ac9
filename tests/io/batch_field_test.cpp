#include "io/batch_field.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

namespace tessera {
namespace {

/// Where readers wait for each other.
struct Meeting {
  explicit Meeting(int size) : missing(size) {}
  bool everyone_came() {
    std::unique_lock lock(mutex);
    --missing;
    changed.notify_all();
    return changed.wait_for(lock, std::chrono::seconds(30), [&] { return missing <= 0; });
  }

  std::mutex mutex;
  std::condition_variable changed;
  int missing;
};

/// An array [sample, 4] of 10 sample + cell, whose readers meet at every read where there is somewhere to meet.
class FakeArray final : public ArrayReader {
 public:
  FakeArray(std::shared_ptr<Meeting> meeting, Index broken) : meeting_(std::move(meeting)), broken_(broken) {}

  void read(const Box& box, float* values) const override { fill(box, values); }
  void read(const Box& box, double* values) const override { fill(box, values); }
  std::unique_ptr<const ArrayReader> another(Index) const override {
    return meeting_ ? std::make_unique<const FakeArray>(meeting_, broken_) : nullptr;
  }

 private:
  template <class T>
  void fill(const Box& box, T* values) const {
    if (meeting_) EXPECT_TRUE(meeting_->everyone_came());
    EXPECT_EQ(box.extent[0], 1);
    if (box.start[0] == broken_) throw IoError("sample " + std::to_string(broken_));
    for (Index i = 0; i < box.extent[1]; ++i) *values++ = static_cast<T>(10 * box.start[0] + box.start[1] + i);
  }

  std::shared_ptr<Meeting> meeting_;
  Index broken_;
};

const std::vector<Index> kSamples{5, 1, 8, 3};
const Box kBox{{1, 1}, {3, 2}};
const std::vector<double> kValues{11, 12, 81, 82, 31, 32};

std::vector<double> read(const std::shared_ptr<Meeting>& meeting, Index broken = -1) {
  const auto array = std::make_shared<const FakeArray>(meeting, broken);
  std::vector<double> values(kValues.size());
  dataset::BatchField<double>("set", array, {4}, kSamples).read(kBox, values.data());
  return values;
}

TEST(BatchField, ReadsRowsSideBySideWhereTheArrayHasSeveralReaders) {
  EXPECT_EQ(read(std::make_shared<Meeting>(3)), kValues);
  EXPECT_EQ(read(nullptr), kValues);
}

TEST(BatchField, HasMoreRowsThanThreads) {
  const std::vector<Index> samples(21, 7);
  std::vector<double> values(21, -1.0);
  const auto array = std::make_shared<const FakeArray>(std::make_shared<Meeting>(8), -1);
  dataset::BatchField<double>("set", array, {4}, samples).read({{0, 2}, {21, 1}}, values.data());
  EXPECT_EQ(values, std::vector<double>(21, 72.0));
}

TEST(BatchField, AFailureInAnyRowIsTheReaders) {
  for (const Index sample : {1, 8, 3}) {
    EXPECT_THROW(read(std::make_shared<Meeting>(3), sample), IoError) << sample;
    EXPECT_THROW(read(nullptr, sample), IoError) << sample;
  }
  EXPECT_EQ(read(std::make_shared<Meeting>(3), 5), kValues);
}

TEST(BatchField, RefusesBoxesOfOtherBatches) {
  const auto array = std::make_shared<const FakeArray>(nullptr, -1);
  const dataset::BatchField<double> field("set", array, {4}, kSamples);
  EXPECT_EQ(field.shape(), (Shape{4, 4}));
  double value = 0.0;
  EXPECT_THROW(field.read({{4, 0}, {1, 1}}, &value), ShapeError);
  EXPECT_NO_THROW(field.read({{4, 0}, {0, 1}}, &value));
}

}  // namespace
}  // namespace tessera
