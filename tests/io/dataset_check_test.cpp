#include "tessera/io/dataset_check.hpp"

#include <limits>

#include "io/hdf5_test_support.hpp"
#include "tessera/io/hdf5_file.hpp"
#include "tessera/io/sample_writer.hpp"
#include "tessera/io/zarr_group.hpp"

namespace tessera {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using testing_support::expect_error;
using testing_support::on_rank_zero;
using testing_support::TemporaryDirectory;
using testing_support::world;

constexpr Index kSamples = 5;
const DatasetLayout kLayout{kSamples, {1, 4, 3}, {1, 4, 6}};

void write(SampleWriter& writer, Index sample) {
  writer.write_sample(sample, std::vector<float>(12, 1.0F), std::vector<float>(24, static_cast<float>(sample)));
}

TEST(DatasetCheck, FindsNothingWrongInASoundSet) {
  const TemporaryDirectory directory;
  for (const char* name : {"train.zarr", "train.h5"}) {
    {
      DatasetWriter writer(directory.file(name), kLayout, world());
      const Partition partition(world(), {1, 1, 1, world()->size()});
      const auto input = DistTensor<float>::zeros({{1, 1, 4, 3}, partition});
      const auto output = DistTensor<float>::zeros({{1, 1, 4, 6}, partition});
      for (Index sample = 0; sample < kSamples; ++sample) writer.write_sample(sample, input, output);
      writer.close();
    }
    Index last = 0, all = 0;
    const DatasetReport report = check_dataset(directory.file(name), world(), [&](Index done, Index total) {
      EXPECT_EQ(done, ++last);
      all = total;
    });
    EXPECT_THAT(report.problems, IsEmpty());
    EXPECT_EQ(last, all);
    EXPECT_EQ(world()->all_max(report.pieces), report.pieces);
    world()->all_sum(&all, 1);
    EXPECT_EQ(all, report.pieces);
  }
}

TEST(DatasetCheck, SaysWhatIsWrongWhere) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("train.zarr");
  on_rank_zero([&] {
    SampleWriter writer = SampleWriter::create(path, kLayout, {{1, 4, 3}, {1, 2, 6}});
    for (Index sample = 0; sample < kSamples; ++sample) write(writer, sample);
    writer.finish();
    const auto store = open_store(path);
    store->erase("output/1.0.1.0");
    store->put("input/3.0.0.0", {});
    const float nan = std::numeric_limits<float>::quiet_NaN();
    ZarrArray::open(store, "output").write_box({{4, 0, 3, 5}, {1, 1, 1, 1}}, &nan);
  });
  EXPECT_THAT(check_dataset(path, world()).problems,
              UnorderedElementsAre(
                  HasSubstr(path + ":output: expected the chunk of cells [1:2, 0:1, 2:4, 0:6], found none"),
                  HasSubstr(path + ":input/3.0.0.0: expected a chunk compressed by blosc"),
                  HasSubstr(":output: expected finite numbers, found nan at sample 4, channel 0, cell [3, 5]")));
}

TEST(DatasetCheck, NamesMissingSamplesOnce) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("train.zarr");
  on_rank_zero([&] {
    SampleWriter writer = SampleWriter::create(path, kLayout);
    for (const Index sample : {0, 3}) write(writer, sample);
  });
  EXPECT_THAT(check_dataset(path, world()).problems,
              ElementsAre("Dataset " + path + ": lacks 3 of 5 samples: 1, 2, 4"));
}

TEST(DatasetCheck, ReadsHdf5Too) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("train.h5");
  {
    Hdf5File file = Hdf5File::create(path, world());
    for (const char* name : {"input", "output"}) file.create_dataset<double>(name, {2, 1, 3});
    file.write_attribute("complete", Index{0});
    const Partition alone(world(), {1});
    auto tensor = DistTensor<double>::zeros({{2, 1, 3}, alone});
    file.write_tile("input", tensor);
    if (tensor.local_size() > 0) tensor.data()[4] = std::numeric_limits<double>::infinity();
    file.write_tile("output", tensor);
    file.close();
  }
  EXPECT_THAT(check_dataset(path, world()).problems,
              ElementsAre(HasSubstr("expected a set marked complete"),
                          HasSubstr("found inf at sample 1, channel 0, cell [1]")));
  expect_error<IoError>([&] { check_dataset(path + "x", world()); }, {"expected an HDF5 file"});
}

}  // namespace
}  // namespace tessera
