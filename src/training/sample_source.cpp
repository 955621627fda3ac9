#include "tessera/training/sample_source.hpp"

namespace tessera {

namespace {

/// A field that owns its values.
template <RealScalar T>
class HeldField final : public FieldReader<T> {
 public:
  explicit HeldField(DistTensor<T> tensor) : tensor_(std::move(tensor)), reader_(tensor_) {}
  const Shape& shape() const override { return tensor_.shape(); }
  void read(const Box& box, T* values) const override { reader_.read(box, values); }

 private:
  DistTensor<T> tensor_;
  TensorReader<T> reader_;
};

Shape batch_shape(std::span<const Index> samples, const Shape& sample) {
  Shape shape{static_cast<Index>(samples.size())};
  shape.insert(shape.end(), sample.begin(), sample.end());
  return shape;
}

Partition with_whole_last_axis(const Partition& partition) {
  const RankGrid& grid = partition.grid();
  if (grid.extents().back() == 1) return partition;
  std::vector<int> cuts = grid.cuts();
  cuts.back() = RankGrid::kReplicate;
  return partition.with_grid(RankGrid(grid.extents(), std::move(cuts)));
}

template <RealScalar T>
void hold(const SampleSource& source, std::span<const Index> samples, const Partition& partition,
          BatchFields<T>& fields) {
  DistTensor<T> input({batch_shape(samples, source.input_shape()), with_whole_last_axis(partition)});
  DistTensor<T> output({batch_shape(samples, source.output_shape()), partition});
  source.read(samples, input, output);
  fields.input = std::make_unique<HeldField<T>>(std::move(input));
  fields.output = std::make_unique<HeldField<T>>(std::move(output));
}

}  // namespace

void SampleSource::open(std::span<const Index> samples, const Partition& partition, BatchFields<float>& fields) const {
  hold(*this, samples, partition, fields);
}

void SampleSource::open(std::span<const Index> samples, const Partition& partition, BatchFields<double>& fields) const {
  hold(*this, samples, partition, fields);
}

}  // namespace tessera
