#include "tessera/training/read_ahead.hpp"

#include <algorithm>
#include <chrono>
#include <future>

#include "tessera/core/error.hpp"
#include "tessera/tensor/host_values.hpp"

namespace tessera {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

/// A batch on its way. Its parts refer to each other, so it stays where it is.
template <RealScalar T>
struct ReadAhead<T>::Reading {
  explicit Reading(Batch empty) : batch(std::move(empty)), input(batch.input.local()), output(batch.output.local()) {}

  void read() {
    fields.input->read(batch.input.box(), input.data());
    fields.output->read(batch.output.box(), output.data());
  }

  Batch batch;
  HostOutput<T> input, output;
  BatchFields<T> fields;
  /// The last member: it is waited for before the memory goes that it writes to.
  std::future<void> done;
};

template <RealScalar T>
ReadAhead<T>::ReadAhead(const Fno<T>& model, const SampleSource& source, std::vector<Index> samples, Index batch_size)
    : model_(model), source_(source), samples_(std::move(samples)), batch_size_(batch_size) {
  if (batch_size < 1)
    throw ArgumentError("ReadAhead: expected a batch size of at least 1, got " + std::to_string(batch_size));
  const auto start = Clock::now();
  begin();
  seconds_ += seconds_since(start);
}

template <RealScalar T>
ReadAhead<T>::~ReadAhead() = default;

template <RealScalar T>
void ReadAhead<T>::begin() {
  if (done()) return;
  const Index count = std::min(batch_size_, static_cast<Index>(samples_.size()) - first_);
  const auto listed = samples_.begin() + first_;
  reading_ = std::make_unique<Reading>(Batch{
      {listed, listed + count}, DistTensor<T>(model_.input_space(count)), DistTensor<T>(model_.output_space(count))});
  if (!source_.reads_by_fields()) return;
  source_.open(reading_->batch.samples, model_.field_partition(), reading_->fields);
  reading_->done = std::async(std::launch::async, [reading = reading_.get()] { reading->read(); });
}

template <RealScalar T>
auto ReadAhead<T>::next() -> Batch {
  if (done()) throw ArgumentError("ReadAhead: expected another batch to be there, found the end of the samples");
  const auto start = Clock::now();
  const std::unique_ptr<Reading> reading = std::move(reading_);
  if (reading->done.valid()) {
    model_.partition().communicator()->together([&] {
      reading->done.get();
      reading->input.store();
      reading->output.store();
    });
  } else {
    source_.read(reading->batch.samples, reading->batch.input, reading->batch.output);
  }
  first_ += static_cast<Index>(reading->batch.samples.size());
  begin();
  seconds_ += seconds_since(start);
  return std::move(reading->batch);
}

template class ReadAhead<float>;
template class ReadAhead<double>;

}  // namespace tessera
