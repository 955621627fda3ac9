#include "io/described_dataset_support.hpp"
#include "tessera/io/dataset.hpp"
#include "tessera/io/dataset_check.hpp"
#include "tessera/io/dataset_conversion.hpp"

namespace tessera {
namespace {

using testing_support::cell_value;
using testing_support::expect_error;
using testing_support::Extents;
using testing_support::kBurgers;
using testing_support::on_rank_zero;
using testing_support::self;
using testing_support::TemporaryDirectory;
using testing_support::world;
using testing_support::write_array;
using testing_support::write_burgers;
using testing_support::write_text;

/// Where a cell of the set is in the file, axis by axis: start + step i, or the i-th number of a list.
struct Place {
  Index start = 0, step = 1;
  std::vector<Index> list = {};
  Index at(Index i) const { return list.empty() ? start + step * i : list[static_cast<std::size_t>(i)]; }
};
using Places = std::map<std::string, Place>;

/// The set's cell [sample, channel, grid...] as it is in the file.
double expected_value(const Dataset& dataset, const Places& places, const Shape& cell) {
  std::vector<std::string> axes{"sample", "channel"};
  axes.insert(axes.end(), dataset.axis_names().begin(), dataset.axis_names().end());
  Extents at;
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    const auto place = places.find(axes[axis]);
    at[axes[axis]] = place == places.end() ? cell[axis] : place->second.at(cell[axis]);
  }
  return cell_value(at);
}

template <class T>
Index wrong_cells(const Dataset& dataset, const Places& places, const std::vector<Index>& samples, const Box& box,
                  const T* values) {
  Index wrong = 0;
  for_each_index(box, [&](Shape cell) {
    cell[0] = samples[static_cast<std::size_t>(cell[0])];
    wrong += static_cast<double>(*values++) == expected_value(dataset, places, cell) ? 0 : 1;
  });
  return wrong;
}

Shape batch_shape(const std::vector<Index>& samples, const Shape& shape) {
  Shape whole{std::ssize(samples)};
  whole.insert(whole.end(), shape.begin(), shape.end());
  return whole;
}

/// Boxes of a batch: all of it, single planes along each axis, and its inner cells.
std::vector<Box> boxes_of(const Shape& shape) {
  std::vector<Box> boxes{{Shape(shape.size(), 0), shape}};
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    Box plane{Shape(shape.size(), 0), shape};
    plane.start[axis] = shape[axis] - 1;
    plane.extent[axis] = 1;
    boxes.push_back(plane);
  }
  Box inner{Shape(shape.size(), 0), shape};
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] < 3) continue;
    inner.start[axis] = 1;
    inner.extent[axis] -= 2;
  }
  boxes.push_back(inner);
  return boxes;
}

/// Every way to read a batch gives the cells that the places name.
template <class T>
void expect_batches(const Dataset& dataset, const Places& input, const Places& output) {
  const Index last = dataset.sample_count() - 1;
  const std::vector<Index> samples{last, 0, 0, last / 2};
  const int size = world()->size();
  for (const bool is_input : {true, false}) {
    const Places& places = is_input ? input : output;
    const Shape shape = batch_shape(samples, is_input ? dataset.input_shape() : dataset.output_shape());
    Shape last_axis(shape.size(), 1);
    last_axis.back() = size;
    for (const Partition& partition :
         {Partition(world(), {size}), Partition(world(), {1, 1, size}), Partition(world(), last_axis),
          Partition(world(), {1}, {size - 1}), Partition(world(), RankGrid({size}, {RankGrid::kReplicate}))}) {
      auto batch = DistTensor<T>::zeros({shape, partition});
      is_input ? dataset.read_inputs(samples, batch) : dataset.read_outputs(samples, batch);
      EXPECT_EQ(wrong_cells(dataset, places, samples, batch.box(), batch.data()), 0)
          << is_input << to_string(partition);
    }
    const auto field = is_input ? dataset.input_field<T>(samples) : dataset.output_field<T>(samples);
    for (const Box& box : boxes_of(shape)) {
      std::vector<T> values(static_cast<std::size_t>(box.volume()));
      field->read(box, values.data());
      EXPECT_EQ(wrong_cells(dataset, places, samples, box, values.data()), 0) << is_input << to_string(box);
    }
  }
}

void expect_reads(const std::string& path, const Shape& input_shape, const Shape& output_shape, const Places& input,
                  const Places& output) {
  const Dataset dataset(path, world());
  EXPECT_EQ(dataset.format(), DatasetFormat::described);
  EXPECT_EQ(dataset.input_shape(), input_shape);
  EXPECT_EQ(dataset.output_shape(), output_shape);
  expect_batches<float>(dataset, input, output);
  expect_batches<double>(dataset, input, output);
}

TEST(DescribedDataset, TakesFirstStepsAsInputAndLaterOnesAsOutput) {
  const TemporaryDirectory directory;
  write_burgers(directory);
  expect_reads(directory.file("burgers.toml"), {1, 8, 3}, {1, 8, 8}, {}, {{"t", {3}}});
  const Dataset dataset(directory.file("burgers.toml"), world());
  EXPECT_EQ(dataset.sample_count(), 5);
  EXPECT_EQ(dataset.axis_names(), (std::vector<std::string>{"x", "t"}));
  EXPECT_EQ(dataset.grid_spacing(), (std::vector<double>{0.5, 0.01}));
  EXPECT_EQ(dataset.layout().provenance.at("description"), kBurgers);
  EXPECT_EQ(dataset.data_path(), directory.file("burgers.hdf5"));
}

TEST(DescribedDataset, KeysOfBothArraysMayStandAtTheTop) {
  const TemporaryDirectory directory;
  write_burgers(directory, R"(
file = "burgers.hdf5"
array = "tensor"
axes = ["sample", "t", "x"]
samples = [1, 5, 2]
x = [1, 8, 3]
t = [0, 1]
[input]
[output]
t = [10, 11, 9223372036854775807]
)");
  expect_reads(directory.file("burgers.toml"), {1, 3, 1}, {1, 3, 1}, {{"sample", {1, 2}}, {"x", {1, 3}}},
               {{"sample", {1, 2}}, {"x", {1, 3}}, {"t", {10}}});
}

TEST(DescribedDataset, JoinsArraysAsChannels) {
  const TemporaryDirectory directory;
  on_rank_zero([&] {
    Hdf5File file = Hdf5File::create(directory.file("cfd.hdf5"), self());
    for (const auto& [name, channel] : std::map<std::string, Index>{{"density", 0}, {"pressure", 1}, {"Vx", 2}}) {
      write_array<double>(file, name, {"sample", "t", "x", "y"}, {3, 7, 6, 5}, {{"channel", channel}});
    }
    file.close();
    write_text(directory.file("cfd.toml"), R"(
file = "cfd.hdf5"
arrays = ["density", "pressure", "Vx"]
axes = ["sample", "t", "x", "y"]
y = [0, 5, 2]
[input]
t = [0, 2]
[output]
t = [2, 7, 2]
)");
  });
  expect_reads(directory.file("cfd.toml"), {3, 6, 3, 2}, {3, 6, 3, 3}, {{"y", {0, 2}}}, {{"y", {0, 2}}, {"t", {2, 2}}});
}

TEST(DescribedDataset, ReadsAGroupPerSample) {
  const TemporaryDirectory directory;
  on_rank_zero([&] {
    Hdf5File file = Hdf5File::create(directory.file("swe.h5"), self());
    for (const Index sample : {0, 1, 3, 4, 8}) {
      write_array<float>(file, "000" + std::to_string(sample) + "/data", {"t", "x", "y", "channel"}, {6, 5, 4, 4},
                         {{"sample", sample}});
      write_array<float>(file, "000" + std::to_string(sample) + "/next", {"t", "x", "y"}, {6, 5, 4},
                         {{"sample", sample}});
    }
    file.create_group("12");
    file.create_group("notes");
    file.close();
    write_text(directory.file("swe.toml"), R"(
file = "swe.h5"
samples = [1, 5]
[input]
array = "{sample:04}/data"
axes = ["t", "x", "y", "channel"]
channel = [1, 4, 2]
t = [0, 1]
[output]
array = "/{sample:04}/next"
axes = ["t", "x", "y"]
t = [1, 6]
)");
  });
  const Place samples{0, 1, {1, 3, 4, 8}};
  expect_reads(directory.file("swe.toml"), {2, 5, 4, 1}, {1, 5, 4, 5}, {{"sample", samples}, {"channel", {1, 2}}},
               {{"sample", samples}, {"t", {1}}});
}

TEST(DescribedDataset, ReadsFieldsWithoutTimeAndOneInitialState) {
  const TemporaryDirectory directory;
  on_rank_zero([&] {
    Hdf5File file = Hdf5File::create(directory.file("darcy.h5"), self());
    write_array<float>(file, "x", {"sample", "x", "y"}, {4, 6, 5});
    write_array<double>(file, "y", {"sample", "channel", "x", "y"}, {4, 2, 6, 5});
    write_array<float>(file, "later", {"y", "sample", "t", "x", "z"}, {5, 4, 3, 6, 2});
    write_array<float>(file, "now", {"x", "z", "y", "sample"}, {6, 2, 5, 4});
    file.close();
    write_text(directory.file("darcy.toml"), R"(
file = "darcy.h5"
input = { array = "x", axes = ["sample", "x", "y"] }
output = { array = "y", axes = ["sample", "channel", "x", "y"] }
)");
    write_text(directory.file("state.toml"), R"(
file = "darcy.h5"
input = { array = "now", axes = ["x", "z", "y", "sample"] }
output = { array = "later", axes = ["y", "sample", "t", "x", "z"] }
)");
  });
  expect_reads(directory.file("darcy.toml"), {1, 6, 5}, {2, 6, 5}, {}, {});
  expect_reads(directory.file("state.toml"), {1, 6, 5, 2, 1}, {1, 6, 5, 2, 3}, {}, {});
}

TEST(DescribedDataset, ReadsBoxesLargerThanAPiece) {
  const TemporaryDirectory directory;
  constexpr Index kSteps = 5, kCells = 500;
  std::vector<float> values(kSteps * kCells * kCells);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  on_rank_zero([&] {
    Hdf5File file = Hdf5File::create(directory.file("large.h5"), self());
    file.create_dataset<float>("u", {1, kSteps, kCells, kCells});
    file.begin_data();
    file.write_hyperslab<float>("u", {{0, 0, 0, 0}, {1, kSteps, kCells, kCells}}, values.data());
    file.close();
    write_text(directory.file("large.toml"),
               "file = 'large.h5'\narray = 'u'\naxes = ['sample', 't', 'x', 'y']\n[input]\nt = [0, 1]\n[output]\n");
  });
  const Dataset dataset(directory.file("large.toml"), world());
  const std::vector<Index> samples{0};
  std::vector<float> read(values.size());
  dataset.output_field<float>(samples)->read({{0, 0, 0, 0, 0}, {1, 1, kCells, kCells, kSteps}}, read.data());
  Index wrong = 0;
  for (Index cell = 0; cell < kCells * kCells; ++cell) {
    for (Index t = 0; t < kSteps; ++t) {
      wrong += read[static_cast<std::size_t>(cell * kSteps + t)] ==
                       values[static_cast<std::size_t>(t * kCells * kCells + cell)]
                   ? 0
                   : 1;
    }
  }
  EXPECT_EQ(wrong, 0);
}

TEST(DescribedDataset, IsCheckedAndConverted) {
  const TemporaryDirectory directory;
  write_burgers(directory);
  const DatasetReport report = check_dataset(directory.file("burgers.toml"), world());
  EXPECT_THAT(report.problems, testing::IsEmpty());
  EXPECT_GT(report.pieces, 0);
  for (const char* name : {"train.zarr", "train.h5"}) {
    convert_dataset(directory.file("burgers.toml"), directory.file(name), world());
    const Dataset converted(directory.file(name), world());
    EXPECT_EQ(converted.layout(), Dataset(directory.file("burgers.toml"), world()).layout());
    expect_batches<float>(converted, {}, {{"t", {3}}});
  }
  expect_error<ArgumentError>(
      [&] { convert_dataset(directory.file("burgers.toml"), directory.file("b.toml"), world()); },
      {"b.toml", "expected the name of an HDF5 file or a Zarr group"});
}

TEST(DescribedDataset, NamesTheCellThatIsNoNumber) {
  const TemporaryDirectory directory;
  write_burgers(directory);
  on_rank_zero([&] {
    Hdf5File file = Hdf5File::create(directory.file("burgers.hdf5"), self());
    std::vector<float> values(5 * 11 * 8, 1.0F);
    values[(2 * 11 + 4) * 8 + 6] = std::nanf("");
    file.create_dataset<float>("tensor", {5, 11, 8});
    file.begin_data();
    file.write_hyperslab<float>("tensor", {{0, 0, 0}, {5, 11, 8}}, values.data());
    file.close();
  });
  const DatasetReport report = check_dataset(directory.file("burgers.toml"), world());
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_THAT(report.problems[0], testing::HasSubstr("burgers.toml:output: expected finite numbers"));
  EXPECT_THAT(report.problems[0], testing::HasSubstr("sample 2, channel 0, cell [6, 1]"));
}

}  // namespace
}  // namespace tessera
