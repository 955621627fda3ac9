#include "tessera/training/read_ahead.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "support/gather.hpp"
#include "support/mpi_fixture.hpp"
#include "support/partitions.hpp"
#include "tessera/core/error.hpp"
#include "tessera/training/trainer.hpp"
#include "training/synthetic_source.hpp"

namespace tessera {
namespace {

using namespace testing_support;

/// What the threads that read have to say.
struct ReadingLog {
  void add(std::span<const Index> samples) {
    const std::lock_guard lock(mutex);
    if (!samples.empty()) last = samples.front();
    foreign_threads += std::this_thread::get_id() == owner ? 0 : 1;
    changed.notify_all();
  }
  /// Waits until the batch that begins with a sample has been read.
  bool wait_for(Index sample) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(30), [&] { return last == sample; });
  }

  std::thread::id owner = std::this_thread::get_id();
  std::mutex mutex;
  std::condition_variable changed;
  Index last = -1;
  int foreign_threads = 0;
};

/// A synthetic source whose fields do the reading.
class FieldSource final : public SyntheticSource {
 public:
  using SyntheticSource::SyntheticSource;

  bool reads_by_fields() const override { return true; }
  void open(std::span<const Index> samples, const Partition&, BatchFields<float>& fields) const override {
    fields = {field<float>(samples, true), field<float>(samples, false)};
  }
  void open(std::span<const Index> samples, const Partition&, BatchFields<double>& fields) const override {
    fields = {field<double>(samples, true), field<double>(samples, false)};
  }

  Index broken_sample = -1;
  int broken_rank = 0;
  mutable ReadingLog log;

 private:
  template <RealScalar T>
  class Field final : public FieldReader<T> {
   public:
    Field(const FieldSource& source, std::span<const Index> samples, Shape sample, double frequency, bool logs)
        : source_(source), samples_(samples.begin(), samples.end()), frequency_(frequency), logs_(logs) {
      shape_ = {static_cast<Index>(samples.size())};
      shape_.insert(shape_.end(), sample.begin(), sample.end());
    }
    const Shape& shape() const override { return shape_; }
    void read(const Box& box, T* values) const override {
      for (Index row = box.start[0]; row < box.start[0] + box.extent[0]; ++row) {
        const Index sample = samples_[static_cast<std::size_t>(row)];
        if (sample == source_.broken_sample && world()->rank() == source_.broken_rank) {
          throw IoError("sample " + std::to_string(sample) + " cannot be read");
        }
        Box plane = box;
        plane.start[0] = 0;
        plane.extent[0] = 1;
        for (Index i = 0; i < plane.volume(); ++i) *values++ = value(sample, plane, i);
      }
      if (logs_) source_.log.add(samples_);
    }

   private:
    T value(Index sample, const Box& plane, Index i) const {
      Index cell = 0, stride = 1;
      for (std::size_t axis = shape_.size(); axis-- > 1; stride *= shape_[axis]) {
        cell += stride * (plane.start[axis] + i % plane.extent[axis]);
        i /= plane.extent[axis];
      }
      return static_cast<T>(source_.value(sample, cell, frequency_));
    }

    const FieldSource& source_;
    std::vector<Index> samples_;
    Shape shape_;
    double frequency_;
    bool logs_;
  };

  template <RealScalar T>
  std::unique_ptr<FieldReader<T>> field(std::span<const Index> samples, bool input) const {
    return std::make_unique<Field<T>>(*this, samples, input ? input_shape() : output_shape(), input ? 0.3 : 0.7,
                                      !input);
  }
};

const std::vector<Index> kOrder{6, 2, 0, 5, 1, 4, 3};

TEST(ReadAhead, HandsOutTheBatchesOfTheSourceInOrder) {
  const SyntheticSource in_memory(7, tiny_model());
  const FieldSource by_fields(7, tiny_model());
  for (const Shape& extents : all_partitions(world()->size(), 4)) {
    Fno<double> model(tiny_model(), Partition(world(), extents), 3);
    for (const SampleSource* source :
         {static_cast<const SampleSource*>(&in_memory), static_cast<const SampleSource*>(&by_fields)}) {
      ReadAhead<double> ahead(model, *source, kOrder, 3);
      std::vector<Index> seen;
      while (!ahead.done()) {
        const auto batch = ahead.next();
        const auto count = static_cast<Index>(batch.samples.size());
        seen.insert(seen.end(), batch.samples.begin(), batch.samples.end());
        DistTensor<double> input(model.input_space(count)), output(model.output_space(count));
        in_memory.read(batch.samples, input, output);
        EXPECT_EQ(relative_difference(batch.input, input), 0.0) << to_string(extents);
        EXPECT_EQ(relative_difference(batch.output, output), 0.0) << to_string(extents);
      }
      EXPECT_EQ(seen, kOrder);
      EXPECT_GT(ahead.seconds_waited(), 0.0);
      EXPECT_THROW(ahead.next(), ArgumentError);
    }
  }
  EXPECT_EQ(by_fields.log.foreign_threads, static_cast<int>(3 * all_partitions(world()->size(), 4).size()));
}

TEST(ReadAhead, ReadsWhileTheCallerWorks) {
  const FieldSource source(7, tiny_model());
  Fno<float> model(tiny_model(), Partition(world(), {1, 1, world()->size(), 1}), 3);
  ReadAhead<float> ahead(model, source, kOrder, 2);
  // The caller does nothing but watch: each batch comes about before it is asked for.
  for (const Index first : {6, 0, 1, 3}) {
    EXPECT_TRUE(source.log.wait_for(first)) << first;
    EXPECT_EQ(ahead.next().samples.front(), first);
  }
  EXPECT_TRUE(ahead.done());
}

TEST(ReadAhead, AFailureOnOneRankIsThrownOnAll) {
  FieldSource source(7, tiny_model());
  source.broken_sample = 5;
  source.broken_rank = world()->size() - 1;
  Fno<double> model(tiny_model(), Partition(world(), {1, 1, world()->size(), 1}), 3);
  ReadAhead<double> ahead(model, source, kOrder, 3);
  EXPECT_EQ(ahead.next().samples, (std::vector<Index>{6, 2, 0}));
  EXPECT_THROW(ahead.next(), IoError);
}

TEST(ReadAhead, MayEndBeforeItsSamples) {
  const FieldSource source(7, tiny_model());
  Fno<double> model(tiny_model(), Partition(world(), {1, 1, world()->size(), 1}), 3);
  { const ReadAhead<double> unused(model, source, kOrder, 3); }
  EXPECT_TRUE(ReadAhead<double>(model, source, {}, 3).done());
  EXPECT_THROW(ReadAhead<double>(model, source, kOrder, 0), ArgumentError);
}

TEST(ReadAhead, TrainingAndEvaluationAreThoseOfASourceInMemory) {
  const SyntheticSource in_memory(7, tiny_model());
  const FieldSource by_fields(7, tiny_model());
  const Partition partition(world(), {1, 1, 1, world()->size()});
  const auto normalisers = fit_normalisers(in_memory, partition);
  const auto train = [&](const SampleSource& source) {
    Fno<double> model(tiny_model(), partition, 3);
    TrainingConfig config;
    config.batch_size = 3;
    Trainer<double> trainer(model, source, normalisers, config);
    trainer.run_epoch();
    const EpochRecord record = trainer.run_epoch();
    EXPECT_GT(record.input_seconds, 0.0);
    EXPECT_LT(record.input_seconds, record.seconds);
    return std::pair(record.train_loss, evaluate(model, normalisers, source, 2).relative_l2);
  };
  EXPECT_EQ(train(by_fields), train(in_memory));
  EXPECT_GT(by_fields.log.foreign_threads, 0);
}

}  // namespace
}  // namespace tessera
