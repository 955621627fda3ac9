#include "tessera/io/checkpoint_file.hpp"

#include "io/hdf5_test_support.hpp"

namespace tessera {
namespace {

using testing_support::expect_error;
using testing_support::FileSizeLimit;
using testing_support::fill_with_index;
using testing_support::misplaced;
using testing_support::partitions_of_three_axes;
using testing_support::TemporaryDirectory;
using testing_support::world;

const Shape kShape{3, 5, 7};

template <class T>
DistTensor<T> indexed(const Partition& partition, Index first = 0, const Shape& shape = kShape) {
  DistTensor<T> tensor({shape, partition});
  fill_with_index(tensor, first);
  return tensor;
}

template <class T>
void expect_stored(const CheckpointReader& reader, const std::string& name, const Partition& partition, Index first) {
  auto tensor = DistTensor<T>::zeros({reader.describe(name).shape, partition});
  reader.read(name, tensor);
  EXPECT_EQ(misplaced(tensor, first), 0) << name << " on " << to_string(partition);
}

TEST(CheckpointFile, ReturnsEveryTensorOnAnyPartition) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("model.h5");
  const auto partitions = partitions_of_three_axes(world());
  for (std::size_t p = 0; p < partitions.size(); ++p) {
    const Partition& source = partitions[p];
    const Partition& target = partitions[(p + 2) % partitions.size()];
    const auto a = indexed<float>(source);
    const auto b = indexed<double>(target, 10);
    const auto c = indexed<std::complex<float>>(source, 20);
    const auto d = indexed<std::complex<double>>(target, 30);
    CheckpointWriter writer(path, world());
    writer.set_attribute("epoch", Index{3});
    writer.set_attribute("epoch", static_cast<Index>(p));
    writer.set_attribute("model", "name = \"fno\"");
    writer.add("parameter/a", a);
    writer.add("parameter/b", b);
    writer.add("moment/c", c);
    writer.add("d", d);
    writer.commit();
    const CheckpointReader reader(path, world());
    EXPECT_EQ(reader.attribute<Index>("epoch"), static_cast<Index>(p));
    EXPECT_EQ(reader.attribute<std::string>("model"), "name = \"fno\"");
    EXPECT_EQ(reader.children("parameter"), (std::vector<std::string>{"a", "b"}));
    expect_stored<float>(reader, "parameter/a", target, 0);
    expect_stored<float>(reader, "parameter/b", source, 10);
    expect_stored<std::complex<double>>(reader, "moment/c", target, 20);
    expect_stored<std::complex<double>>(reader, "d", source, 30);
  }
  EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));
}

TEST(CheckpointFile, IsReadByFewerRanksThanWroteIt) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("model.h5");
  const auto tensor = indexed<std::complex<float>>(Partition(world(), {1, world()->size()}));
  CheckpointWriter writer(path, world());
  writer.add("x", tensor);
  writer.commit();
  const auto self = std::make_shared<const Communicator>(Communicator::self());
  const CheckpointReader reader(path, self);
  expect_stored<std::complex<float>>(reader, "x", Partition(self, {1}), 0);
}

TEST(CheckpointFile, SavesTheTensorsNewerValues) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("model.h5");
  const Partition rows(world(), {1, world()->size()});
  auto tensor = indexed<double>(rows);
  CheckpointWriter writer(path, world());
  writer.add("x", tensor);
  writer.commit();
  fill_with_index(tensor, 50);
  writer.commit();
  expect_stored<double>(CheckpointReader(path, world()), "x", rows, 50);
}

TEST(CheckpointFile, NamesWhatDoesNotFit) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("model.h5");
  const Partition rows(world(), {1, world()->size()});
  const auto tensor = indexed<double>(rows);
  CheckpointWriter writer(path, world());
  writer.add("group/x", tensor);
  expect_error<ArgumentError>([&] { writer.add("group/x", tensor); }, {"'group/x'"});
  expect_error<ArgumentError>([&] { writer.add("group", tensor); }, {"'group' beside 'group/x'"});
  expect_error<ArgumentError>([&] { writer.add("group/x/y", tensor); }, {"'group/x/y' beside 'group/x'"});
  expect_error<ArgumentError>([&] { writer.set_attribute("tessera_checkpoint", 1.0); }, {"reserved"});
  writer.commit();
  const CheckpointReader reader(path, world());
  EXPECT_TRUE(reader.has("group/x"));
  EXPECT_FALSE(reader.has("group/y"));
  EXPECT_FALSE(reader.has_attribute("epoch"));
  auto target = DistTensor<double>::zeros({kShape, rows});
  expect_error<IoError>([&] { reader.read("group/y", target); },
                        {path + ":group/y: expected an array, found no object"});
  auto larger = DistTensor<double>::zeros({{3, 5, 8}, rows});
  expect_error<IoError>([&] { reader.read("group/x", larger); },
                        {path + ":group/x: expected shape [3, 5, 8], found shape [3, 5, 7]"});
  auto complex = DistTensor<std::complex<double>>::zeros({kShape, rows});
  expect_error<IoError>([&] { reader.read("group/x", complex); }, {"expected complex128, found float64"});
  expect_error<IoError>([&] { reader.attribute<Index>("epoch"); }, {path + ":@epoch: expected an attribute"});
}

TEST(CheckpointFile, RefusesOtherFiles) {
  expect_error<IoError>([] { CheckpointReader(TESSERA_TEST_DATA "/fno3d.h5", world()); },
                        {"fno3d.h5: expected a checkpoint", "without the attribute"});
  expect_error<IoError>([] { CheckpointReader("/nowhere/model.h5", world()); }, {"/nowhere/model.h5", "No such file"});
  const TemporaryDirectory directory;
  const std::string path = directory.file("model.h5");
  Hdf5File file = Hdf5File::create(path, world());
  file.write_attribute("tessera_checkpoint", Index{99});
  file.close();
  expect_error<IoError>([&] { CheckpointReader(path, world()); }, {path, "expected format 1, found format 99"});
}

/// A checkpoint of values counted from `first` that is larger than 200000 bytes.
struct LargeCheckpoint {
  explicit LargeCheckpoint(const std::string& path, Index first)
      : tensor(indexed<double>(rows, first, shape)), writer(path, world()) {
    writer.add("x", tensor);
  }
  Shape shape{7, 4000};
  Partition rows{world(), {1, world()->size()}};
  DistTensor<double> tensor;
  CheckpointWriter writer;
};

void expect_previous(const std::string& path) {
  expect_stored<double>(CheckpointReader(path, world()), "x", Partition(world(), {1, world()->size()}), 0);
  world()->barrier();
  EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));
}

TEST(CheckpointFile, SurvivesAFileSizeLimit) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("model.h5");
  LargeCheckpoint(path, 0).writer.commit();
  {
    const FileSizeLimit limit(200000);
    LargeCheckpoint next(path, 1);
    expect_error<IoError>([&] { next.writer.commit(); },
                          {"checkpoint " + path + ": needs 2", "bytes, only 200000 available: File too large"});
  }
  expect_previous(path);
}

TEST(CheckpointFile, SurvivesTheFailureOfOneRank) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("model.h5");
  LargeCheckpoint(path, 0).writer.commit();
  {
    const bool limited = world()->rank() == world()->size() - 1;
    const FileSizeLimit limit(limited ? rlim_t{70000} : RLIM_INFINITY);
    LargeCheckpoint next(path, 1);
    expect_error<IoError>([&] { next.writer.commit(); }, {path});
  }
  expect_previous(path);
}

TEST(CheckpointFile, NamesAPlaceThatCannotBeWritten) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("missing/model.h5");
  expect_error<IoError>([&] { LargeCheckpoint(path, 0).writer.commit(); }, {"checkpoint " + path, "No such file"});
  const std::string taken = directory.file("");
  expect_error<IoError>([&] { LargeCheckpoint(taken, 0).writer.commit(); }, {taken, "found a directory"});
}

}  // namespace
}  // namespace tessera
