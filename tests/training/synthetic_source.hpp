#pragma once

#include <cmath>

#include "tessera/models/fno.hpp"
#include "tessera/training/sample_source.hpp"

namespace tessera::testing_support {

/// A model small enough to train in a moment: input [1, 6, 1], output [1, 6, 5].
inline FnoConfig tiny_model() {
  FnoConfig config;
  config.grid = {6, 5};
  config.modes = {2, 2};
  config.in_steps = 1;
  config.width = 4;
  config.hidden = 6;
  config.blocks = 2;
  return config;
}

/// Samples made from their global indices: a level that depends on the sample, and a ripple.
class SyntheticSource : public SampleSource {
 public:
  SyntheticSource(Index count, const FnoConfig& config)
      : count_(count), input_(without_batch(config.input_shape(1))), output_(without_batch(config.output_shape(1))) {}

  Index sample_count() const override { return count_; }
  const Shape& input_shape() const override { return input_; }
  const Shape& output_shape() const override { return output_; }
  void read(std::span<const Index> samples, DistTensor<float>& input, DistTensor<float>& output) const override {
    fill(samples, 0.3, input);
    fill(samples, 0.7, output);
  }
  void read(std::span<const Index> samples, DistTensor<double>& input, DistTensor<double>& output) const override {
    fill(samples, 0.3, input);
    fill(samples, 0.7, output);
  }

 protected:
  virtual double value(Index sample, Index cell, double frequency) const {
    return 2.0 + std::sin(0.9 * static_cast<double>(sample)) + 0.1 * std::sin(frequency * static_cast<double>(cell));
  }

 private:
  static Shape without_batch(const Shape& shape) { return {shape.begin() + 1, shape.end()}; }

  template <class T>
  void fill(std::span<const Index> samples, double frequency, DistTensor<T>& batch) const {
    const Index cells = volume(batch.shape()) / batch.shape()[0];
    tessera::fill(batch, [&](Index i) {
      const Index sample = samples[static_cast<std::size_t>(i / cells)];
      return static_cast<T>(value(sample, i % cells, frequency));
    });
  }

  Index count_;
  Shape input_, output_;
};

/// Every value of every sample is the same.
class ConstantSource final : public SyntheticSource {
 public:
  ConstantSource(Index count, const FnoConfig& config, double value) : SyntheticSource(count, config), value_(value) {}

 private:
  double value(Index, Index, double) const override { return value_; }
  double value_;
};

}  // namespace tessera::testing_support
