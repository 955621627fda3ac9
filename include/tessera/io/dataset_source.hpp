#pragma once

/// \file
/// A data set on disk as a trainer's source of samples.

#include "tessera/io/dataset.hpp"
#include "tessera/training/sample_source.hpp"

namespace tessera {

/// Reads every batch from the file, each rank its tile; opened batches stay there. The data set must outlive it.
class DatasetSource final : public SampleSource {
 public:
  explicit DatasetSource(const Dataset& dataset) : dataset_(dataset) {}

  Index sample_count() const override { return dataset_.sample_count(); }
  const Shape& input_shape() const override { return dataset_.input_shape(); }
  const Shape& output_shape() const override { return dataset_.output_shape(); }

  void read(std::span<const Index> samples, DistTensor<float>& input, DistTensor<float>& output) const override {
    dataset_.read_inputs(samples, input);
    dataset_.read_outputs(samples, output);
  }
  void read(std::span<const Index> samples, DistTensor<double>& input, DistTensor<double>& output) const override {
    dataset_.read_inputs(samples, input);
    dataset_.read_outputs(samples, output);
  }
  void open(std::span<const Index> samples, const Partition&, BatchFields<float>& fields) const override {
    fields = {dataset_.input_field<float>(samples), dataset_.output_field<float>(samples)};
  }
  void open(std::span<const Index> samples, const Partition&, BatchFields<double>& fields) const override {
    fields = {dataset_.input_field<double>(samples), dataset_.output_field<double>(samples)};
  }
  bool reads_by_fields() const override { return true; }

 private:
  const Dataset& dataset_;
};

}  // namespace tessera
