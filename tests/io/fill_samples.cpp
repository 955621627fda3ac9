/// Fills a data set as a simulation would, without MPI, for kill_writers.py.
/// Usage: fill_samples create|fill|verify|finish <path> [seed]
///   create  makes the empty set
///   fill    writes samples that are missing, and now and then one that is not, in a random order until all are there
///   verify  compares every sample that is marked with its values, and decodes every chunk there is; prints their
///   number

#include <algorithm>
#include <cstdio>
#include <random>
#include <string>

#include "tessera/core/error.hpp"
#include "tessera/io/sample_writer.hpp"
#include "tessera/io/zarr_group.hpp"

namespace tessera {
namespace {

constexpr Index kSamples = 40;
const DatasetLayout kLayout{kSamples, {1, 16, 16}, {2, 16, 32}};
const ChunkStorage kStorage{{1, 8, 16}, {1, 8, 16}};

std::vector<float> values_of(Index sample, const Shape& shape) {
  std::vector<float> values(static_cast<std::size_t>(volume(shape)));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(10000 * sample + static_cast<Index>(i));
  return values;
}

void fill_set(const std::string& path, unsigned seed) {
  SampleWriter writer = SampleWriter::open(path);
  std::mt19937 random(seed);
  constexpr unsigned kAgain = 5;
  for (std::vector<Index> missing = writer.missing_samples(); !missing.empty(); missing = writer.missing_samples()) {
    Index sample = missing[random() % missing.size()];
    if (random() % kAgain == 0) sample = static_cast<Index>(random() % kSamples);
    writer.write_sample(sample, values_of(sample, kLayout.input_shape), values_of(sample, kLayout.output_shape));
  }
}

int verify(const std::string& path) {
  const SampleWriter writer = SampleWriter::open(path);
  const ZarrGroup group = ZarrGroup::open(open_store(path));
  int wrong = 0, present = 0;
  for (const char* name : {"input", "output"}) {
    const ZarrArray array = group.open_array(name);
    const Shape shape(array.shape().begin() + 1, array.shape().end());
    for (Index sample = 0; sample < kSamples; ++sample) {
      Box box{Shape(shape.size() + 1, 0), array.shape()};
      box.start[0] = sample;
      box.extent[0] = 1;
      std::vector<float> found(static_cast<std::size_t>(box.volume()));
      // Throws when a chunk is torn.
      array.read_box(box, found.data());
      const std::vector<float> expected = values_of(sample, shape);
      if (!writer.has_sample(sample)) continue;
      ++present;
      if (found != expected) ++wrong;
    }
  }
  std::printf("%d arrays of samples present, %d wrong\n", present, wrong);
  return wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace tessera

int main(int argc, char** argv) {
  try {
    const std::string mode = argc >= 3 ? argv[1] : "";
    if (mode == "create")
      tessera::SampleWriter::create(argv[2], tessera::kLayout, tessera::kStorage);
    else if (mode == "fill" && argc == 4)
      tessera::fill_set(argv[2], static_cast<unsigned>(std::stoul(argv[3])));
    else if (mode == "verify")
      return tessera::verify(argv[2]);
    else if (mode == "finish")
      tessera::SampleWriter::open(argv[2]).finish();
    else
      throw tessera::ArgumentError("usage: fill_samples create|fill|verify|finish <path> [seed]");
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fill_samples: %s\n", error.what());
    return 1;
  }
}
