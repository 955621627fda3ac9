#include "tessera/io/sample_writer.hpp"

#include <fstream>
#include <limits>
#include <numeric>

#include "io/hdf5_test_support.hpp"
#include "tessera/io/dataset.hpp"
#include "tessera/io/zarr_group.hpp"

namespace tessera {
namespace {

using testing_support::expect_error;
using testing_support::on_rank_zero;
using testing_support::TemporaryDirectory;
using testing_support::world;

constexpr Index kSamples = 7;

DatasetLayout small_layout() {
  return {kSamples, {2, 5, 3}, {1, 5, 4}, {"x", "t"}, {0.5, 0.1}, {{"generator", "a test"}}};
}

std::vector<float> values_of(Index sample, Index count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), static_cast<float>(1000 * sample));
  return values;
}

void write(SampleWriter& writer, Index sample) {
  writer.write_sample(sample, values_of(sample, 30), values_of(-sample, 20));
}

TEST(SampleWriter, RanksFillASetWithoutKnowingOfEachOther) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("train.zarr");
  on_rank_zero([&] { SampleWriter::create(path, small_layout(), {{1, 2, 3}, {}, parse_compressor("zstd")}); });
  {
    SampleWriter writer = SampleWriter::open(path);
    EXPECT_EQ(writer.layout(), small_layout());
    for (Index sample = world()->rank(); sample < kSamples; sample += world()->size()) {
      EXPECT_FALSE(writer.has_sample(sample));
      write(writer, sample);
      EXPECT_TRUE(writer.has_sample(sample));
    }
  }
  world()->barrier();
  on_rank_zero([&] { SampleWriter::open(path).finish(); });
  const Dataset dataset(path, world());
  EXPECT_EQ(dataset.layout(), small_layout());
  EXPECT_TRUE(dataset.complete());
  const std::vector<Index> samples{6, 0};
  std::vector<float> input(60);
  dataset.input_field<float>(samples)->read({{0, 0, 0, 0}, {2, 2, 5, 3}}, input.data());
  EXPECT_EQ(std::vector<float>(input.begin(), input.begin() + 30), values_of(6, 30));
  EXPECT_EQ(std::vector<float>(input.begin() + 30, input.end()), values_of(0, 30));
  std::vector<double> output(2);
  dataset.output_field<double>(samples)->read({{0, 0, 4, 2}, {1, 1, 1, 2}}, output.data());
  EXPECT_EQ(output[1], -6000.0 + 19);
  expect_error<ArgumentError>(
      [&] {
        SampleWriter writer = SampleWriter::open(path);
        write(writer, 0);
      },
      {"finished"});
}

TEST(SampleWriter, AnUnfinishedSetSaysWhatItLacks) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("train.zarr");
  on_rank_zero([&] {
    SampleWriter writer = SampleWriter::create(path, small_layout());
    for (const Index sample : {0, 1, 3, 6}) write(writer, sample);
    std::ofstream(path + "/input/2.0.0.0.0123456789abcdef.partial") << "half a chunk";
    EXPECT_EQ(writer.missing_samples(), (std::vector<Index>{2, 4, 5}));
    expect_error<IoError>([&] { writer.finish(); }, {path, "expected all 7 samples", "3 missing", "sample 2"});
  });
  expect_error<IoError>([&] { Dataset(path, world()); },
                        {path, "expected a complete data set, found one that lacks 3 of 7 samples", "sample 2"});
  const Dataset seen(path, world(), {.unfinished = Unfinished::accepted});
  EXPECT_FALSE(seen.complete());
  EXPECT_EQ(seen.missing_samples(), (std::vector<Index>{2, 4, 5}));
  world()->barrier();
  on_rank_zero([&] {
    SampleWriter writer = SampleWriter::open(path);
    for (const Index sample : writer.missing_samples()) write(writer, sample);
    writer.finish();
    EXPECT_FALSE(std::filesystem::exists(path + "/input/2.0.0.0.0123456789abcdef.partial"));
  });
  EXPECT_TRUE(Dataset(path, world()).complete());
}

TEST(SampleWriter, ASampleThatCannotBeWrittenAgainIsAbsent) {
  const TemporaryDirectory directory;
  const std::string path = directory.file(std::to_string(world()->rank()));
  SampleWriter writer = SampleWriter::create(path, small_layout());
  write(writer, 1);
  std::filesystem::remove_all(path + "/output/1.0.0.0");
  std::filesystem::create_directory(path + "/output/1.0.0.0");
  expect_error<IoError>([&] { write(writer, 1); }, {"put " + path + ":output/1.0.0.0"});
  EXPECT_FALSE(writer.has_sample(1));
}

TEST(SampleWriter, ChecksWhatItIsGiven) {
  const TemporaryDirectory directory;
  const std::string path = directory.file(std::to_string(world()->rank()) + ".zarr");
  SampleWriter writer = SampleWriter::create(path, small_layout());
  expect_error<IoError>([&] { SampleWriter::create(path, small_layout()); },
                        {"create " + path + ": expected a free name"});
  expect_error<IoError>([&] { SampleWriter::open(path + "x"); }, {"expected a Zarr group, found no .zgroup"});
  expect_error<ArgumentError>([&] { write(writer, 7); }, {"0..6, got 7"});
  expect_error<ShapeError>([&] { writer.write_sample(0, values_of(0, 29), values_of(0, 20)); },
                           {"input", "30 values", "got 29"});
  auto nan = values_of(0, 20);
  nan[7] = std::numeric_limits<float>::quiet_NaN();
  expect_error<NumericError>([&] { writer.write_sample(3, values_of(0, 30), nan); },
                             {"output: expected finite numbers, found nan at sample 3, channel 0, cell [1, 3]"});
  EXPECT_EQ(std::ssize(writer.missing_samples()), kSamples);
  expect_error<ShapeError>([&] { SampleWriter::create(path + "y", {1, {2}, {2}}); }, {"SampleWriter " + path + "y"});
  expect_error<ShapeError>(
      [&] {
        SampleWriter::create(path + "y", small_layout(), {{1, 1}, {}});
      },
      {"as many entries of chunks"});
  EXPECT_FALSE(std::filesystem::exists(path + "y"));
  // Nothing temporary is left.
  for (const auto& entry : std::filesystem::directory_iterator(directory.file(""))) {
    EXPECT_FALSE(entry.path().filename().string().starts_with(std::to_string(world()->rank()) + ".zarry"))
        << entry.path();
  }
}

}  // namespace
}  // namespace tessera
