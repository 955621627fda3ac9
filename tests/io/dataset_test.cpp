#include "tessera/io/dataset.hpp"

#include <limits>

#include "io/hdf5_test_support.hpp"
#include "tessera/io/hdf5_file.hpp"
#include "tessera/io/zarr_group.hpp"
#include "tessera/io/sample_writer.hpp"
#include "tessera/io/zarr_group.hpp"

namespace tessera {
namespace {

using testing_support::expect_error;
using testing_support::FileSizeLimit;
using testing_support::fill_with_index;
using testing_support::index_value;
using testing_support::TemporaryDirectory;
using testing_support::world;

constexpr Index kSamples = 7;

DatasetLayout small_layout() {
  return {kSamples,        {2, 5, 4, 3},     {1, 5, 4, 6},
          {"x", "y", "t"}, {0.5, 0.25, 0.1}, {{"generator", "a test"}, {"seed", "7"}},
          {0.25, 0, 0.3},  {"m", "m", "s"}};
}

Shape batch_shape(Index samples, const Shape& shape) {
  Shape whole{samples};
  whole.insert(whole.end(), shape.begin(), shape.end());
  return whole;
}

/// Element i of sample s holds index_value(s * volume + i), outputs counted from another origin.
constexpr Index kOutputOrigin = 100000;

void write_group_samples(DatasetWriter& writer, const std::shared_ptr<const Communicator>& group, Index first,
                         Index step) {
  const Partition partition(group, {1, 1, 1, group->size(), 1});
  const Partition copies(group, RankGrid({group->size()}, {RankGrid::kReplicate}));
  DistTensor<float> input({batch_shape(1, writer.layout().input_shape), partition});
  DistTensor<float> output({batch_shape(1, writer.layout().output_shape), copies});
  for (Index sample = first; sample < writer.layout().sample_count; sample += step) {
    fill_with_index(input, sample * volume(input.shape()));
    fill_with_index(output, kOutputOrigin + sample * volume(output.shape()));
    writer.write_sample(sample, input, output);
  }
}

void write_dataset(const std::string& path) {
  DatasetWriter writer(path, small_layout(), world());
  write_group_samples(writer, world(), 0, 1);
  writer.close();
}

template <class T>
Index wrong_rows(const DistTensor<T>& batch, const std::vector<Index>& samples, Index origin) {
  const Index sample_volume = volume(Shape(batch.shape().begin() + 1, batch.shape().end()));
  Index wrong = 0;
  for_each_row(batch.shape(), batch.box(), [&](Index global, Index local, Index length) {
    const Index sample = samples[static_cast<std::size_t>(global / sample_volume)];
    const Index first = origin + sample * sample_volume + global % sample_volume;
    for (Index i = 0; i < length; ++i) wrong += batch.data()[local + i] == index_value<T>(first + i) ? 0 : 1;
  });
  return wrong;
}

template <class T>
void expect_batches(const Dataset& dataset) {
  const int size = world()->size();
  const int half = size % 2 == 0 ? size / 2 : size;
  const std::vector<Index> samples{6, 0, 3, 3, 1};
  const auto count = static_cast<Index>(samples.size());
  for (const Partition& partition :
       {Partition(world(), {size}), Partition(world(), {1, 1, 1, 1, size}), Partition(world(), {size / half, 1, half}),
        Partition(world(), {1}, {size - 1}), Partition(world(), RankGrid({size}, {RankGrid::kReplicate}))}) {
    auto input = DistTensor<T>::zeros({batch_shape(count, dataset.input_shape()), partition});
    auto output = DistTensor<T>::zeros({batch_shape(count, dataset.output_shape()), partition});
    dataset.read_inputs(samples, input);
    dataset.read_outputs(samples, output);
    EXPECT_EQ(wrong_rows(input, samples, 0), 0) << to_string(partition);
    EXPECT_EQ(wrong_rows(output, samples, kOutputOrigin), 0) << to_string(partition);
  }
}

/// The parameter is what the names of data sets end in.
class DatasetOfFormat : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Formats, DatasetOfFormat, testing::Values(".h5", ".zarr"),
                         [](const auto& info) { return info.param.substr(1); });

TEST_P(DatasetOfFormat, ReturnsWhatGroupsOfRanksWrote) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("train" + GetParam());
  const int groups = std::min(2, world()->size());
  const int color = world()->rank() % groups;
  const auto group = std::make_shared<const Communicator>(world()->split(color, world()->rank()));
  {
    DatasetWriter writer(path, small_layout(), world());
    write_group_samples(writer, group, color, groups);
    writer.close();
  }
  const Dataset dataset(path, world());
  EXPECT_EQ(dataset.layout(), small_layout());
  expect_batches<float>(dataset);
  expect_batches<double>(dataset);
}

TEST_P(DatasetOfFormat, ReadsTheSameByWayOfACache) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("train" + GetParam());
  write_dataset(path);
  const auto cache = std::make_shared<const ObjectCache>(directory.file("cache"), Index{1} << 24);
  const Dataset dataset(path, world(), {.cache = cache});
  for (int time = 0; time < 2; ++time) {
    expect_batches<float>(dataset);
    expect_batches<double>(dataset);
    if (time == 0) world()->barrier();
  }
  const auto sum = [&](Index value) {
    const auto values = world()->all_gather(value);
    return std::accumulate(values.begin(), values.end(), Index{0});
  };
  const Index fetched = sum(cache->use().fetched), found = sum(cache->use().found);
  if (GetParam() == ".zarr") {
    // The batches name five of the seven samples, one of them twice.
    const auto chunks_of_sample = [&](const char* name) {
      const Shape chunks = ZarrGroup::open(open_store(path)).open_array(name).chunk_grid();
      return volume(chunks) / chunks[0];
    };
    EXPECT_EQ(fetched, 4 * (chunks_of_sample("input") + chunks_of_sample("output")));
    EXPECT_GT(found, 0);
  } else {
    EXPECT_EQ(fetched + found, 0);
  }
  world()->barrier();
}

TEST_P(DatasetOfFormat, ReadsForGroupsOfRanksOnTheirOwn) {
  const TemporaryDirectory directory;
  write_dataset(directory.file("train" + GetParam()));
  const Dataset dataset(directory.file("train" + GetParam()), world());
  const auto self = std::make_shared<const Communicator>(Communicator::self());
  DistTensor<float> batch({batch_shape(1, dataset.input_shape()), Partition(self, {1})});
  for (int i = 0; i <= world()->rank(); ++i) {
    const std::vector<Index> samples{world()->rank() % kSamples};
    dataset.read_inputs(samples, batch);
    EXPECT_EQ(wrong_rows(batch, samples, 0), 0);
  }
}

TEST_P(DatasetOfFormat, ReadsBoxesOfABatchOnAnyRankAlone) {
  const TemporaryDirectory directory;
  write_dataset(directory.file("train" + GetParam()));
  const std::vector<Index> samples{6, 0, 3, 3, 1};
  std::unique_ptr<FieldReader<double>> input;
  std::unique_ptr<FieldReader<float>> output;
  {
    const Dataset dataset(directory.file("train" + GetParam()), world());
    input = dataset.input_field<double>(samples);
    output = dataset.output_field<float>(samples);
    expect_error<ArgumentError>([&] { dataset.input_field<float>(std::vector<Index>{7}); }, {"0..6, got 7"});
  }
  EXPECT_EQ(input->shape(), (Shape{5, 2, 5, 4, 3}));
  EXPECT_EQ(output->shape(), (Shape{5, 1, 5, 4, 6}));
  // Each rank its own number of boxes.
  for (Index i = 0; i <= world()->rank(); ++i) {
    const Index plane = i % 5;
    std::vector<double> values(2 * 2 * 4 * 3);
    input->read({{1, 0, plane, 0, 0}, {2, 2, 1, 4, 3}}, values.data());
    EXPECT_EQ(values[0], index_value<double>(plane * 12));
    EXPECT_EQ(values[12], index_value<double>(60 + plane * 12));               // the second channel
    EXPECT_EQ(values[24 + 5], index_value<double>(3 * 120 + plane * 12 + 5));  // sample 3
    std::vector<float> corner(2);
    output->read({{4, 0, 4, 3, 4}, {1, 1, 1, 1, 2}}, corner.data());
    EXPECT_EQ(corner[1], index_value<float>(kOutputOrigin + 2 * 120 - 1));
  }
  std::vector<float> untouched{1.5F};
  output->read({{0, 0, 0, 0, 0}, {1, 1, 0, 4, 6}}, untouched.data());
  EXPECT_EQ(untouched[0], 1.5F);
  expect_error<ShapeError>(
      [&] {
        output->read({{4, 0, 4, 3, 5}, {1, 1, 1, 1, 2}}, untouched.data());
      },
      {":output: expected a box of [5, 1, 5, 4, 6]"});
}

TEST_P(DatasetOfFormat, AcceptsAnEmptyBatch) {
  const TemporaryDirectory directory;
  write_dataset(directory.file("train" + GetParam()));
  const Dataset dataset(directory.file("train" + GetParam()), world());
  DistTensor<float> batch({batch_shape(0, dataset.input_shape()), Partition(world(), {world()->size()})});
  dataset.read_inputs<float>({}, batch);
  EXPECT_EQ(batch.local_size(), 0);
}

TEST(Dataset, ReadsTheTwoArraysOfAFileMadeElsewhere) {
  const Dataset dataset(TESSERA_TEST_DATA "/fno3d.h5", world());
  EXPECT_EQ(dataset.sample_count(), 2);
  EXPECT_EQ(dataset.input_shape(), (Shape{1, 12, 10, 3}));
  EXPECT_EQ(dataset.output_shape(), (Shape{1, 12, 10, 8}));
  EXPECT_TRUE(dataset.axis_names().empty());
  const std::vector<Index> samples{1, 0};
  DistTensor<double> batch({{2, 1, 12, 10, 3}, Partition(world(), {1, 1, world()->size()})});
  dataset.read_inputs(samples, batch);
  EXPECT_NEAR(norm(batch), 27.35640358201175, 1e-11);
}

TEST(Dataset, RefusesWhatAnInterruptedGenerationLeaves) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("train.h5");
  Hdf5File file = Hdf5File::create(path, world());
  file.create_dataset<float>("input", {2, 1, 4});
  file.create_dataset<float>("output", {2, 1, 4});
  file.write_attribute("complete", Index{0});
  file.close();
  expect_error<IoError>([&] { Dataset(path, world()); }, {path, "expected a complete data set", "interrupted"});
  testing_support::on_rank_zero([&] { std::filesystem::rename(path, path + ".tmp"); });
  expect_error<IoError>([&] { Dataset(path, world()); }, {path, "found only the unfinished", ".tmp"});
}

TEST(Dataset, NamesWhatAForeignFileLacks) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("foreign.h5");
  const auto with_arrays = [&](const std::optional<Shape>& input, const std::optional<Shape>& output) {
    Hdf5File file = Hdf5File::create(path, world());
    if (input) file.create_dataset<double>("input", *input);
    if (output) file.create_dataset<double>("output", *output);
    file.close();
  };
  const auto expect_refusal = [&](const std::vector<std::string>& parts) {
    expect_error<IoError>([&] { Dataset(path, world()); }, parts);
  };
  with_arrays(Shape{2, 1, 4}, std::nullopt);
  expect_refusal({path + ":output: expected an array, found no object"});
  with_arrays(Shape{2, 4}, Shape{2, 4});
  expect_refusal({path + ":input", "at least 3 axes", "[2, 4]"});
  with_arrays(Shape{2, 1, 4}, Shape{3, 1, 4});
  expect_refusal({path, "as many samples", "[2, 1, 4]", "[3, 1, 4]"});
  Hdf5File file = Hdf5File::create(path, world());
  file.create_dataset<std::complex<float>>("input", {2, 1, 4});
  file.close();
  expect_refusal({path + ":input", "expected float32 or float64, found complex64"});
}

TEST_P(DatasetOfFormat, NamesTheSampleAndCellThatIsNotFinite) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("nan" + GetParam());
  {
    const auto self = std::make_shared<const Communicator>(Communicator::self());
    DatasetWriter writer(path, {3, {2, 5}, {1, 5}}, world());
    DistTensor<float> input = DistTensor<float>::zeros({{1, 2, 5}, Partition(self, {1})});
    DistTensor<float> output = DistTensor<float>::zeros({{1, 1, 5}, Partition(self, {1})});
    for (Index sample = world()->rank(); sample < 3; sample += world()->size()) {
      input.data()[8] = sample == 1 ? std::numeric_limits<float>::quiet_NaN() : 0.0F;
      output.data()[4] = sample == 2 ? -std::numeric_limits<float>::infinity() : 0.0F;
      writer.write_sample(sample, input, output);
    }
    writer.close();
  }
  const Dataset dataset(path, world());
  DistTensor<float> batch({{2, 2, 5}, Partition(world(), {1, 1, world()->size()})});
  dataset.read_inputs<float>(std::vector<Index>{2, 0}, batch);
  expect_error<NumericError>(
      [&] {
        dataset.read_inputs<float>(std::vector<Index>{2, 1}, batch);
      },
      {path + ":input: expected finite numbers, found nan at sample 1, channel 1, cell [3]"});
  DistTensor<double> outputs({{1, 1, 5}, Partition(world(), {world()->size()})});
  expect_error<NumericError>([&] { dataset.read_outputs<double>(std::vector<Index>{2}, outputs); },
                             {":output", "found -inf at sample 2, channel 0, cell [4]"});
}

TEST_P(DatasetOfFormat, ChecksSamplesAndShapesOfABatch) {
  const TemporaryDirectory directory;
  write_dataset(directory.file("train" + GetParam()));
  const Dataset dataset(directory.file("train" + GetParam()), world());
  DistTensor<float> batch({batch_shape(1, dataset.input_shape()), Partition(world(), {1})});
  expect_error<ArgumentError>([&] { dataset.read_inputs<float>(std::vector<Index>{7}, batch); }, {"0..6, got 7"});
  expect_error<ArgumentError>([&] { dataset.read_inputs<float>(std::vector<Index>{-1}, batch); }, {"got -1"});
  expect_error<ShapeError>(
      [&] {
        dataset.read_inputs<float>(std::vector<Index>{1, 2}, batch);
      },
      {":input: expected shape [2, 2, 5, 4, 3], got [1, 2, 5, 4, 3]"});
  expect_error<ShapeError>([&] { dataset.read_outputs<float>(std::vector<Index>{1}, batch); }, {"[1, 1, 5, 4, 6]"});
}

TEST_P(DatasetOfFormat, WriterChecksLayoutAndSamples) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("train" + GetParam());
  const auto create = [&](const DatasetLayout& layout) { DatasetWriter(path, layout, world()); };
  expect_error<ShapeError>([&] { create({1, {2}, {2}}); }, {"[channel, grid...]", "[2]"});
  expect_error<ShapeError>([&] { create({1, {2, 3}, {2, 3, 4}}); }, {"[2, 3]", "[2, 3, 4]"});
  expect_error<ArgumentError>([&] { create({-1, {2, 3}, {2, 3}}); }, {"got -1"});
  expect_error<ArgumentError>(
      [&] {
        create({1, {2, 3}, {2, 3}, {"x", "y"}});
      },
      {"expected 1 entries of axis_names", "got 2"});
  DatasetLayout units{1, {2, 3}, {2, 3}};
  units.axis_units = {"m", "s"};
  expect_error<ArgumentError>([&] { create(units); }, {"expected 1 entries of axis_units", "got 2"});
  DatasetWriter writer(path, {2, {1, 3}, {1, 4}}, world());
  DistTensor<float> input({{1, 1, 3}, Partition(world(), {1})});
  DistTensor<float> output({{1, 1, 4}, Partition(world(), {1})});
  expect_error<ArgumentError>([&] { writer.write_sample(2, input, output); }, {"0..1, got 2"});
  expect_error<ShapeError>([&] { writer.write_sample(0, output, output); }, {"input: expected shape [1, 1, 3]"});
  writer.write_sample(1, input, output);
  expect_error<IoError>([&] { writer.close(); }, {path, "expected all 2 samples", "sample 0 missing"});
}

TEST_P(DatasetOfFormat, WriterLeavesNothingBehindWithoutClose) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("train" + GetParam());
  { DatasetWriter writer(path, small_layout(), world()); }
  world()->barrier();
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));
}

TEST(DatasetWriter, FindsAtOnceThatThereIsNoRoom) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("train.h5");
  {
    const FileSizeLimit limit(1000000);
    expect_error<IoError>(
        [&] {
          DatasetWriter(path, {10, {1, 40000}, {1, 4}}, world());
        },
        {"dataset " + path + ": needs 16", "bytes, only 1000000 available: File too large"});
  }
  world()->barrier();
  EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));
}

TEST(ZarrDataset, HasTheChunksAskedFor) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("train.zarr");
  {
    DatasetWriter writer(path, small_layout(), world(), {{2, 3, 4, 1}, {1, 5, 2, 6}, parse_compressor("zstd:2")});
    write_group_samples(writer, world(), 0, 1);
    writer.close();
  }
  const ZarrGroup group = ZarrGroup::open(open_store(path));
  EXPECT_EQ(group.open_array("input").chunk(), (Shape{1, 2, 3, 4, 1}));
  EXPECT_EQ(group.open_array("output").chunk(), (Shape{1, 1, 5, 2, 6}));
  EXPECT_EQ(to_string(group.open_array("output").compressor()), "zstd:2");
  EXPECT_EQ(group.read_attribute<Index>("complete"), 1);
  EXPECT_TRUE(std::filesystem::exists(path + "/.zmetadata"));
  EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));
  expect_batches<float>(Dataset(path + "/", world()));
  expect_error<ArgumentError>(
      [&] {
        DatasetWriter(path + ".h5", small_layout(), world(), {{2, 3, 4, 1}, {}});
      },
      {"chunks and compressors are those of Zarr"});
}

TEST(ZarrDataset, AChunkThatWasLostIsAnErrorAndOneLeftOutIsNot) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("train.zarr");
  {
    DatasetWriter writer(path, small_layout(), world());
    write_group_samples(writer, world(), 0, 1);
    writer.close();
  }
  testing_support::on_rank_zero([&] { open_store(path)->erase("input/2.0.0.0.0"); });
  const std::vector<Index> samples{2};
  DistTensor<float> batch({{1, 2, 5, 4, 3}, Partition(world(), {1, 1, world()->size()})});
  expect_error<IoError>([&] { Dataset(path, world()).read_inputs<float>(samples, batch); },
                        {path + ":input: expected the chunk of cells [2:3, 0:2, 0:5, 0:4, 0:3], found none"});
  testing_support::on_rank_zero([&] { open_store(path)->put(".zattrs", std::as_bytes(std::span("{}", 2))); });
  testing_support::on_rank_zero([&] { open_store(path)->erase(".zmetadata"); });
  Dataset(path, world()).read_inputs<float>(samples, batch);
  EXPECT_EQ(norm(batch), 0.0);
}

TEST(ZarrDataset, ReplacesAnEarlierOneAndNothingElse) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("train.zarr");
  for (int i = 0; i < 2; ++i) {
    DatasetWriter writer(path, small_layout(), world());
    write_group_samples(writer, world(), 0, 1);
    if (i == 1) EXPECT_EQ(Dataset(path, world()).sample_count(), kSamples);
    writer.close();
  }
  expect_batches<float>(Dataset(path, world()));
  const std::string other = directory.file("other.zarr");
  testing_support::on_rank_zero([&] { std::filesystem::create_directories(other + "/precious"); });
  expect_error<IoError>([&] { DatasetWriter(other, small_layout(), world()); }, {"create " + other, "something else"});
  EXPECT_TRUE(std::filesystem::exists(other + "/precious"));
  expect_error<IoError>([&] { Dataset(other, world()); }, {"open " + other + ": expected a Zarr group"});
}

TEST(ZarrDataset, NamesWhatAForeignGroupLacks) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("foreign.zarr");
  const auto expect_refusal = [&](const std::vector<std::string>& parts) {
    world()->barrier();
    expect_error<IoError>([&] { Dataset(path, world()); }, parts);
  };
  const auto add = [&](const char* name, const ZarrLayout& layout) {
    testing_support::on_rank_zero([&] { ZarrGroup::open(open_store(path)).create_array(name, layout); });
  };
  testing_support::on_rank_zero([&] { ZarrGroup::create(open_store(path)); });
  expect_refusal({path + ":input: expected an array, found no object"});
  add("input", {{2, 1, 4}, {1, 1, 4}, "complex64"});
  add("output", {{3, 1, 4}, {1, 1, 4}});
  expect_refusal({path + ":input: expected float32 or float64, found complex64"});
  testing_support::on_rank_zero([&] {
    ZarrArray::create(open_store(path), "input", {{2, 1, 4}, {2, 1, 3}, "float64"});
  });
  expect_refusal({path, "as many samples", "[2, 1, 4]", "[3, 1, 4]"});
  testing_support::on_rank_zero([&] {
    ZarrArray::create(open_store(path), "input", {{3, 1, 4}, {2, 1, 3}, "float64"});
  });
  EXPECT_EQ(Dataset(path, world()).sample_count(), 3);
  testing_support::on_rank_zero([&] { open_store(path)->put("input/0.0.1", {}); });
  const Dataset dataset(path, world());
  DistTensor<float> batch({{1, 1, 4}, Partition(world(), {1})});
  expect_error<IoError>([&] { dataset.read_inputs<float>(std::vector<Index>{1}, batch); },
                        {"read " + path + ":input/0.0.1: expected a chunk compressed by blosc"});
}

}  // namespace
}  // namespace tessera
