#include <sys/stat.h>

#include <fstream>

#include "io/hdf5_test_support.hpp"
#include "tessera/io/hdf5_file.hpp"

namespace tessera {
namespace {

using testing_support::expect_error;
using testing_support::FileSizeLimit;
using testing_support::fill_with_index;
using testing_support::misplaced;
using testing_support::on_rank_zero;
using testing_support::TemporaryDirectory;
using testing_support::world;

const Shape kShape{3, 5, 7};

DistTensor<double> indexed(const Shape& shape = kShape) {
  DistTensor<double> tensor({shape, Partition(world(), {1, world()->size()})});
  fill_with_index(tensor);
  return tensor;
}

void write_valid_file(const std::string& path) {
  Hdf5File file = Hdf5File::create(path, world());
  file.create_dataset<double>("group/x", kShape);
  file.write_attribute("count", Index{3});
  file.write_attribute("title", "text");
  file.write_tile("group/x", indexed());
  file.close();
}

void expect_unreadable(const std::string& path, const std::string& found) {
  expect_error<IoError>([&] { Hdf5File::open(path, world()); }, {"open " + path + ": expected", found});
}

TEST(Hdf5FileErrors, NameWhatIsNotAnHdf5File) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("data.h5");
  expect_unreadable(path, "No such file or directory");
  expect_unreadable(directory.file(""), "a directory");
  on_rank_zero([&] { std::ofstream(path).flush(); });
  expect_unreadable(path, "an empty file");
  on_rank_zero([&] { std::ofstream(path) << "x,y\n1,2\n"; });
  expect_unreadable(path, "a file of another kind (8 bytes, no HDF5 signature)");
}

TEST(Hdf5FileErrors, NameATruncatedFile) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("truncated.h5");
  write_valid_file(path);
  on_rank_zero([&] { std::filesystem::resize_file(path, std::filesystem::file_size(path) - 100); });
  expect_unreadable(path, "truncated file: eof = ");
  on_rank_zero([&] { std::filesystem::resize_file(path, 20); });
  expect_unreadable(path, "found ");
}

TEST(Hdf5FileErrors, NameAPlaceThatCannotBeWritten) {
  const TemporaryDirectory directory;
  const std::string below_missing = directory.file("missing/data.h5");
  expect_error<IoError>([&] { Hdf5File::create(below_missing, world()); },
                        {"create " + below_missing, "expected a file that can be written, found No such file"});
  const std::string below_file = directory.file("plain/data.h5");
  on_rank_zero([&] { std::ofstream(directory.file("plain")) << "x"; });
  expect_error<IoError>([&] { Hdf5File::create(below_file, world()); }, {below_file, "found Not a directory"});
}

TEST(Hdf5FileErrors, NameWhatIsMissing) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("data.h5");
  write_valid_file(path);
  const Hdf5File file = Hdf5File::open(path, world());
  auto tensor = indexed();
  expect_error<IoError>([&] { file.describe("group/y"); },
                        {"describe " + path + ":group/y: expected an array, found no object of that name"});
  expect_error<IoError>([&] { file.describe("group"); }, {":group: expected an array, found a group"});
  expect_error<IoError>([&] { file.read_tile("other/x", tensor); },
                        {"read_tile " + path + ":other/x: expected an array"});
  expect_error<IoError>([&] { file.read_tile("x", tensor, Transfer::collective); },
                        {":x: expected an array, found no"});
  expect_error<IoError>([&] { file.children("group/x"); }, {"expected a group, found an array"});
  expect_error<IoError>([&] { file.children("y"); }, {":y: expected an object of that name, found none"});
  expect_error<IoError>([&] { file.read_attribute<Index>("other"); },
                        {"read_attribute " + path + ":@other: expected an attribute, found none of that name"});
}

TEST(Hdf5FileErrors, NameBothShapesAndBothTypes) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("data.h5");
  write_valid_file(path);
  const Hdf5File file = Hdf5File::open(path, world());
  auto other_shape = indexed({3, 5, 8});
  expect_error<IoError>([&] { file.read_tile("group/x", other_shape); },
                        {"read_tile " + path + ":group/x: expected shape [3, 5, 8], found shape [3, 5, 7]"});
  DistTensor<std::complex<float>> complex({kShape, Partition(world(), {1, world()->size()})});
  expect_error<IoError>([&] { file.read_tile("group/x", complex); }, {"expected complex64, found float64"});
  expect_error<IoError>([&] { file.read_attribute<Index>("title"); }, {"@title: expected integers, found string"});
  expect_error<IoError>([&] { file.read_attribute<std::string>("count"); }, {"expected text, found int64 of shape []"});
  auto tensor = indexed();
  tensor.set_zero();
  file.read_tile("group/x", tensor);
  EXPECT_EQ(misplaced(tensor), 0);
}

TEST(Hdf5FileErrors, LeaveAFileBeingCreatedUsable) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("data.h5");
  Hdf5File file = Hdf5File::create(path, world());
  file.create_dataset<std::complex<double>>("z", kShape);
  file.create_dataset<double>("x", kShape);
  expect_error<IoError>([&] { file.create_dataset<double>("x", kShape); },
                        {":x: expected a free name, found an object"});
  expect_error<IoError>([&] { file.create_dataset<double>("x/y", kShape); },
                        {"create_dataset " + path + ":x/y: expected"});
  expect_error<ShapeError>([&] { file.create_dataset<double>("y", kShape, {2, 2}); }, {"chunk", "[3, 5, 7]", "[2, 2]"});
  expect_error<ShapeError>([&] { file.create_dataset<double>("y", kShape, {2, 2, 0}); }, {"chunk", "[2, 2, 0]"});
  expect_error<IoError>([&] { file.write_tile("z", indexed()); }, {"expected float64, found complex128"});
  expect_error<IoError>(
      [&] {
        file.write_tile("x", indexed({3, 5, 6}), Transfer::collective);
      },
      {"expected shape [3, 5, 6], found shape [3, 5, 7]"});
  expect_error<IoError>([&] { file.write_attribute("a", 1.0, "y"); },
                        {"write_attribute " + path + ":y: expected an object"});
  file.write_tile("x", indexed());
  file.close();
  auto tensor = DistTensor<double>::zeros({kShape, Partition(world(), {world()->size()})});
  Hdf5File::open(path, world()).read_tile("x", tensor);
  EXPECT_EQ(misplaced(tensor), 0);
}

TEST(Hdf5FileErrors, StayOnTheRankThatTransfersAlone) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("data.h5");
  write_valid_file(path);
  const Hdf5File file = Hdf5File::open(path, world());
  double value = 0;
  if (world()->rank() == 0) {
    expect_error<IoError>(
        [&] {
          file.read_hyperslab("group/x", Box{{0, 0, 6}, {1, 1, 2}}, &value);
        },
        {"read_hyperslab " + path + ":group/x: expected an array that holds", "shape [3, 5, 7]"});
    expect_error<IoError>([&] { file.read_hyperslab("group/x", Box{{0, 0}, {1, 1}}, &value); }, {"shape [3, 5, 7]"});
  }
  file.read_hyperslab("group/x", Box{{0, 0, 6}, {1, 1, 1}}, &value);
  EXPECT_EQ(value, 6.5);
}

TEST(Hdf5FileErrors, RefuseCallsOutOfOrder) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("data.h5");
  Hdf5File file = Hdf5File::create(path, world());
  file.create_dataset<double>("x", kShape);
  const double value = 0;
  expect_error<ArgumentError>([&] { file.write_hyperslab("x", Box{{0, 0, 0}, {1, 1, 1}}, &value); }, {"begin_data()"});
  file.close();
  file.close();
  expect_error<ArgumentError>([&] { file.exists("x"); }, {"exists " + path + ":x: the file is closed"});
  Hdf5File reader = Hdf5File::open(path, world());
  expect_error<ArgumentError>([&] { reader.write_attribute("a", 1.0); }, {"open for reading only"});
  expect_error<ArgumentError>([&] { reader.write_tile("x", indexed()); }, {"open for reading only"});
  expect_error<ArgumentError>([&] { reader.set_transfer_bytes(0); }, {"expected 1.."});
  const auto self = std::make_shared<const Communicator>(Communicator::self());
  DistTensor<double> alone({kShape, Partition(self, {1})});
  if (world()->size() > 1) {
    expect_error<ArgumentError>([&] { reader.read_tile("x", alone); }, {"lives on other ranks"});
  }
}

TEST(Hdf5FileErrors, OfOneRankReachAll) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("limited.h5");
  const Index cells = 100000;
  DistTensor<double> tensor({{cells}, Partition(world(), {world()->size()})});
  fill_with_index(tensor);
  Hdf5File file = Hdf5File::create(path, world());
  file.create_dataset<double>("x", {cells});
  file.begin_data();
  const bool limited = world()->rank() == world()->size() - 1;
  {
    const FileSizeLimit limit(limited ? rlim_t{65536} : RLIM_INFINITY);
    expect_error<IoError>([&] { file.write_tile("x", tensor); }, {"write_tile " + path + ":x: expected", "found "});
  }
  file.write_tile("x", tensor);
  file.close();
  Hdf5File::open(path, world()).read_tile("x", tensor);
  EXPECT_EQ(misplaced(tensor), 0);
}

TEST(Hdf5FileErrors, OfAFullStructureReachAll) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("limited.h5");
  const FileSizeLimit limit(65536);
  Hdf5File file = Hdf5File::create(path, world());
  file.create_dataset<double>("x", {100000});
  expect_error<IoError>([&] { file.flush_structure(); }, {"flush_structure " + path + ": expected", "found "});
  EXPECT_THROW(file.close(), IoError);
}

TEST(Hdf5FileErrors, NeverMakeADestructorWaitForOtherRanks) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("abandoned.h5");
  const bool alone = world()->rank() == 0;
  std::optional<Hdf5File> file = Hdf5File::create(path, world());
  file->create_dataset<double>("x", kShape);
  file->begin_data();
  if (alone) file.reset();
  world()->barrier();
  file.reset();
}

}  // namespace
}  // namespace tessera
