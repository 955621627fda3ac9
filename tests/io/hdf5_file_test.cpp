#include "tessera/io/hdf5_file.hpp"

#include <limits>

#include "io/hdf5_test_support.hpp"

namespace tessera {
namespace {

using testing_support::fill_with_index;
using testing_support::misplaced;
using testing_support::partitions_of_three_axes;
using testing_support::TemporaryDirectory;
using testing_support::world;

const Shape kShape{3, 5, 7};

template <class T>
DistTensor<T> indexed(const Partition& partition, const Shape& shape = kShape) {
  DistTensor<T> tensor({shape, partition});
  fill_with_index(tensor);
  return tensor;
}

template <class T>
class Hdf5Tile : public testing::Test {};
using Scalars = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(Hdf5Tile, Scalars);

TYPED_TEST(Hdf5Tile, IsReadOnAnyPartitionAsWrittenOnAnyOther) {
  const TemporaryDirectory directory;
  const auto partitions = partitions_of_three_axes(world());
  const std::string path = directory.file("tiles.h5");
  {
    Hdf5File file = Hdf5File::create(path, world());
    for (std::size_t p = 0; p < partitions.size(); ++p) {
      file.create_dataset<TypeParam>("group/independent" + std::to_string(p), kShape);
      file.create_dataset<TypeParam>("group/collective" + std::to_string(p), kShape,
                                     p % 2 == 0 ? Shape{} : Shape{2, 2, 3});
    }
    for (std::size_t p = 0; p < partitions.size(); ++p) {
      const auto tensor = indexed<TypeParam>(partitions[p]);
      file.write_tile("group/independent" + std::to_string(p), tensor, Transfer::independent);
      file.write_tile("group/collective" + std::to_string(p), tensor, Transfer::collective);
    }
    file.close();
  }
  const Hdf5File file = Hdf5File::open(path, world());
  EXPECT_EQ(file.describe("group/independent0").scalar, scalar_name<TypeParam>());
  EXPECT_EQ(file.shape_of("group/collective1"), kShape);
  for (std::size_t p = 0; p < partitions.size(); ++p) {
    const auto target = partitions[(p + 3) % partitions.size()];
    for (const Transfer transfer : {Transfer::independent, Transfer::collective}) {
      auto tensor = DistTensor<TypeParam>::zeros({kShape, target});
      file.read_tile("group/independent" + std::to_string(p), tensor, transfer);
      EXPECT_EQ(misplaced(tensor), 0) << to_string(partitions[p]) << " to " << to_string(target);
      tensor.set_zero();
      file.read_tile("group/collective" + std::to_string(p), tensor, transfer);
      EXPECT_EQ(misplaced(tensor), 0) << to_string(partitions[p]) << " to " << to_string(target);
    }
  }
}

TYPED_TEST(Hdf5Tile, TravelsInManySmallPieces) {
  const TemporaryDirectory directory;
  for (const Transfer transfer : {Transfer::independent, Transfer::collective}) {
    Hdf5File file = Hdf5File::create(directory.file("pieces.h5"), world());
    file.set_transfer_bytes(3 * sizeof(TypeParam));
    file.create_dataset<TypeParam>("x", kShape);
    file.write_tile("x", indexed<TypeParam>(Partition(world(), {1, world()->size(), 1})), transfer);
    auto tensor = DistTensor<TypeParam>::zeros({kShape, Partition(world(), {world()->size(), 1, 1})});
    file.read_tile("x", tensor, transfer);
    EXPECT_EQ(misplaced(tensor), 0);
    file.close();
  }
}

TYPED_TEST(Hdf5Tile, ConvertsToTheOtherPrecision) {
  using Real = RealPart<TypeParam>;
  using OtherReal = std::conditional_t<std::same_as<Real, float>, double, float>;
  using Other = std::conditional_t<ComplexScalar<TypeParam>, std::complex<OtherReal>, OtherReal>;
  const TemporaryDirectory directory;
  Hdf5File file = Hdf5File::create(directory.file("converted.h5"), world());
  file.create_dataset<Other>("x", kShape);
  const Partition rows(world(), {1, world()->size(), 1});
  for (const Transfer transfer : {Transfer::independent, Transfer::collective}) {
    file.write_tile("x", indexed<TypeParam>(rows), transfer);
    auto same = DistTensor<TypeParam>::zeros({kShape, rows});
    file.read_tile("x", same, transfer);
    EXPECT_EQ(misplaced(same), 0);
    auto other = DistTensor<Other>::zeros({kShape, rows});
    file.read_tile("x", other, transfer);
    EXPECT_EQ(misplaced(other), 0);
  }
  file.close();
}

TEST(Hdf5File, WritesTheFirstOfSeveralCopies) {
  const TemporaryDirectory directory;
  const Partition copies(world(), RankGrid({world()->size()}, {RankGrid::kReplicate}));
  auto tensor = indexed<double>(copies);
  if (copies.position() > 0) std::fill(tensor.local().begin(), tensor.local().end(), -1.0);
  Hdf5File file = Hdf5File::create(directory.file("copies.h5"), world());
  file.create_dataset<double>("x", kShape);
  file.write_tile("x", tensor);
  file.read_tile("x", tensor);
  EXPECT_EQ(misplaced(tensor), 0);
  file.close();
}

TEST(Hdf5File, HoldsNumbersWithoutAxesAndArraysWithoutCells) {
  const TemporaryDirectory directory;
  const Partition whole(world(), RankGrid({world()->size()}, {RankGrid::kReplicate}));
  Hdf5File file = Hdf5File::create(directory.file("small.h5"), world());
  file.create_dataset<float>("number", {});
  file.create_dataset<float>("nothing", {4, 0, 2});
  auto number = indexed<float>(whole, {});
  auto nothing = indexed<float>(whole, {4, 0, 2});
  for (const Transfer transfer : {Transfer::independent, Transfer::collective}) {
    file.write_tile("number", number, transfer);
    file.write_tile("nothing", nothing, transfer);
    number.set_zero();
    file.read_tile("number", number, transfer);
    file.read_tile("nothing", nothing, transfer);
    EXPECT_EQ(misplaced(number), 0);
  }
  EXPECT_EQ(file.shape_of("number"), Shape{});
  EXPECT_EQ(file.shape_of("nothing"), (Shape{4, 0, 2}));
  file.close();
}

TEST(Hdf5File, KeepsAttributesOfEveryType) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("attributes.h5");
  const std::string long_text(200000, 'x');
  {
    Hdf5File file = Hdf5File::create(path, world());
    file.create_dataset<double>("group/x", {2});
    file.write_attribute("count", Index{1} << 40);
    file.write_attribute("count", Index{7});
    file.write_attribute("step", 0.125);
    file.write_attribute("name", "Grüße", "group/x");
    file.write_attribute("long", long_text, "group");
    file.write_attribute("none", "");
    file.write_attribute("modes", Shape{4, 3, 4});
    file.write_attribute("spacing", std::vector<double>{0.5, 0.25});
    file.write_attribute("axes", std::vector<std::string>{"x", "", "time"});
    file.write_attribute("no modes", Shape{});
    file.write_attribute("no axes", std::vector<std::string>{});
    file.close();
  }
  const Hdf5File file = Hdf5File::open(path, world());
  EXPECT_EQ(file.read_attribute<Index>("count"), 7);
  EXPECT_EQ(file.read_attribute<double>("count"), 7.0);
  EXPECT_EQ(file.read_attribute<Shape>("count"), Shape{7});
  EXPECT_EQ(file.read_attribute<double>("step"), 0.125);
  EXPECT_EQ(file.read_attribute<std::string>("name", "group/x"), "Grüße");
  EXPECT_EQ(file.read_attribute<std::string>("long", "group"), long_text);
  EXPECT_EQ(file.read_attribute<std::string>("none"), "");
  EXPECT_EQ(file.read_attribute<Shape>("modes"), (Shape{4, 3, 4}));
  EXPECT_EQ(file.read_attribute<std::vector<double>>("spacing"), (std::vector<double>{0.5, 0.25}));
  EXPECT_EQ(file.read_attribute<std::vector<std::string>>("axes"), (std::vector<std::string>{"x", "", "time"}));
  EXPECT_EQ(file.read_attribute<Shape>("no modes"), Shape{});
  EXPECT_TRUE(file.read_attribute<std::vector<std::string>>("no axes").empty());
  EXPECT_TRUE(file.has_attribute("name", "group/x"));
  EXPECT_FALSE(file.has_attribute("name"));
  EXPECT_EQ(file.attribute_names("group"), std::vector<std::string>{"long"});
}

TEST(Hdf5File, ListsWhatIsInAGroup) {
  const TemporaryDirectory directory;
  Hdf5File file = Hdf5File::create(directory.file("groups.h5"), world());
  file.create_dataset<float>("b/inner/x", {2});
  file.create_group("a");
  file.create_group("a");
  EXPECT_EQ(file.children(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(file.children("b/inner"), std::vector<std::string>{"x"});
  EXPECT_TRUE(file.children("/a").empty());
  for (const char* name : {"/", "a", "b/inner", "/b/inner/x"}) EXPECT_TRUE(file.exists(name)) << name;
  for (const char* name : {"c", "c/d", "b/x", "b/inner/x/y"}) EXPECT_FALSE(file.exists(name)) << name;
  file.close();
}

TEST(Hdf5File, ReadsAndWritesBoxesIndependently) {
  const TemporaryDirectory directory;
  const int rank = world()->rank();
  const Index rows = world()->size();
  Hdf5File file = Hdf5File::create(directory.file("boxes.h5"), world());
  file.create_dataset<double>("x", {rows, 4});
  file.begin_data();
  const std::vector<double> mine{1.0 * rank, 10.0 * rank, 100.0 * rank};
  for (int i = 0; i <= rank; ++i) file.write_hyperslab("x", Box{{rank, 1}, {1, 3}}, mine.data());
  world()->barrier();
  std::vector<double> column(static_cast<std::size_t>(rows));
  file.read_hyperslab("x", Box{{0, 2}, {rows, 1}}, column.data());
  for (Index row = 0; row < rows; ++row) EXPECT_EQ(column[static_cast<std::size_t>(row)], 10.0 * row);
  file.close();
}

TEST(Hdf5File, LivesOnPartOfTheRanks) {
  const TemporaryDirectory directory;
  const int color = world()->rank() % 2;
  const auto group = std::make_shared<const Communicator>(world()->split(color, world()->rank()));
  Hdf5File file = Hdf5File::create(directory.file("part" + std::to_string(color) + ".h5"), group);
  file.create_dataset<float>("x", kShape);
  file.write_tile("x", indexed<float>(Partition(group, {group->size(), 1, 1})));
  file.close();
  const Hdf5File reader = Hdf5File::open(file.path(), group);
  auto tensor = DistTensor<float>::zeros({kShape, Partition(group, {1, 1, group->size()})});
  reader.read_tile("x", tensor);
  EXPECT_EQ(misplaced(tensor), 0);
}

TEST(Hdf5File, ReadsWhatH5pyWrote) {
  const Hdf5File file = Hdf5File::open(TESSERA_TEST_DATA "/fno3d.h5", world());
  EXPECT_EQ(file.read_attribute<Index>("blocks"), 2);
  EXPECT_EQ(file.read_attribute<Shape>("modes"), (Shape{4, 3, 4}));
  EXPECT_DOUBLE_EQ(file.read_attribute<double>("loss"), 959.6909749546219);
  EXPECT_EQ(file.children("parameter/block1"), (std::vector<std::string>{"pointwise", "spectral"}));
  const ArrayInfo weight = file.describe("parameter/block0/spectral/weight");
  EXPECT_EQ(weight.scalar, "complex128");
  EXPECT_EQ(weight.shape, (Shape{5, 5, 8, 6, 4}));
  DistTensor<std::complex<double>> tensor({weight.shape, Partition(world(), {1, world()->size()})});
  file.read_tile("parameter/block0/spectral/weight", tensor);
  EXPECT_NEAR(norm(tensor), 19.536787623133176, 1e-11);
  DistTensor<float> input({file.shape_of("input"), Partition(world(), {1, 1, 1, world()->size()})});
  file.read_tile("input", input);
  EXPECT_NEAR(norm(input), 27.35640358201175, 1e-5);
}

}  // namespace
}  // namespace tessera
