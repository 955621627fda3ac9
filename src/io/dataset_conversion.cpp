#include "tessera/io/dataset_conversion.hpp"

#include <algorithm>
#include <optional>

namespace tessera {

namespace {

/// Samples up to this size are converted by one rank each.
constexpr Index kSampleBytes = Index{1} << 30;

/// Ranks that share a sample: one where it is small and there is one for each, otherwise all, in slabs of the longest
/// grid axis.
Partition sample_partition(const DatasetLayout& layout, const std::shared_ptr<const Communicator>& world) {
  const Index bytes = (volume(layout.input_shape) + volume(layout.output_shape)) * static_cast<Index>(sizeof(float));
  Shape grid(layout.output_shape.size() + 1, 1);
  if (bytes <= kSampleBytes && layout.sample_count >= world->size()) {
    return Partition(std::make_shared<const Communicator>(Communicator::self()), grid);
  }
  const auto longest = std::max_element(layout.output_shape.begin() + 1, layout.output_shape.end());
  grid[static_cast<std::size_t>(longest - layout.output_shape.begin()) + 1] = world->size();
  return Partition(world, grid);
}

TensorSpace sample_space(const Shape& shape, const Partition& partition) {
  Shape whole{1};
  whole.insert(whole.end(), shape.begin(), shape.end());
  return {whole, partition};
}

}  // namespace

void convert_dataset(const std::string& from, const std::string& to, const std::shared_ptr<const Communicator>& world,
                     const ChunkStorage& storage, const std::function<void(Index, Index)>& progress) {
  const Dataset source(from, world);
  const DatasetLayout& layout = source.layout();
  DatasetWriter target(to, layout, world, storage);
  const Partition partition = sample_partition(layout, world);
  const Index groups = world->size() / partition.communicator()->size();
  DistTensor<float> input(sample_space(layout.input_shape, partition));
  DistTensor<float> output(sample_space(layout.output_shape, partition));
  std::optional<Failure> failure;
  try {
    for (Index sample = groups == 1 ? 0 : world->rank(); sample < layout.sample_count; sample += groups) {
      source.read_inputs<float>(std::span(&sample, 1), input);
      source.read_outputs<float>(std::span(&sample, 1), output);
      target.write_sample(sample, input, output);
      if (progress) progress(std::min(sample + groups, layout.sample_count), layout.sample_count);
    }
  } catch (const Error& error) {
    failure = Failure{error.kind(), error.what()};
  }
  world->agree(failure);
  target.close();
}

}  // namespace tessera
