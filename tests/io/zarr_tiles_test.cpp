#include "tessera/io/zarr_tiles.hpp"

#include "io/hdf5_test_support.hpp"

namespace tessera {
namespace {

using testing_support::expect_error;
using testing_support::fill_with_index;
using testing_support::misplaced;
using testing_support::on_rank_zero;
using testing_support::partitions_of_three_axes;
using testing_support::TemporaryDirectory;
using testing_support::world;

ZarrArray shared_array(const std::string& path, const ZarrLayout& layout) {
  on_rank_zero([&] { ZarrArray::create(open_store(path), "x", layout); });
  return ZarrArray::open(open_store(path), "x");
}

template <class T>
void expect_round_trips(const Shape& shape, const Shape& chunk) {
  const TemporaryDirectory directory;
  int count = 0;
  for (const Partition& written : partitions_of_three_axes(world())) {
    SCOPED_TRACE(to_string(written) + " chunk " + to_string(chunk));
    const std::string path = directory.file(std::to_string(++count));
    ZarrArray array = shared_array(path, {shape, chunk, scalar_name<T>()});
    DistTensor<T> tensor({shape, written});
    fill_with_index(tensor);
    write_tile(array, tensor);
    for (const Partition& partition : partitions_of_three_axes(world())) {
      DistTensor<T> found = DistTensor<T>::zeros({shape, partition});
      read_tile(array, found);
      EXPECT_EQ(misplaced(found), 0) << to_string(partition);
    }
    EXPECT_EQ(open_store(path)->list("x").size(), static_cast<std::size_t>(volume(array.chunk_grid())) + 1);
  }
}

TEST(ZarrTiles, TravelBetweenAnyPartitionsAndChunks) {
  const Shape uneven{5, 7, 3};
  for (const Shape& chunk : {Shape{5, 7, 3}, Shape{2, 3, 2}, Shape{1, 7, 1}}) expect_round_trips<float>(uneven, chunk);
  expect_round_trips<std::complex<double>>({4, 6, 2}, {3, 4, 2});
}

TEST(ZarrTiles, HaveAPlaceInALargerArray) {
  const TemporaryDirectory directory;
  ZarrArray array = shared_array(directory.file("a"), {{3, 5, 7}, {1, 2, 4}});
  const Partition partition(world(), {1, 1, world()->size()});
  DistTensor<float> sample({{1, 5, 7}, partition});
  for (Index i = 0; i < 3; ++i) {
    fill_with_index(sample, i * volume(sample.shape()));
    write_tile(array, sample, {i, 0, 0});
  }
  DistTensor<double> all({{3, 5, 7}, Partition(world(), {1, world()->size(), 1})});
  read_tile(array, all);
  EXPECT_EQ(misplaced(all), 0);
  DistTensor<float> part({{2, 3, 4}, partition});
  read_tile(array, part, {1, 2, 3});
  if (part.box().start[2] == 0 && part.local_size() > 0) EXPECT_EQ(part.data()[0], 35 + 14 + 3 + 0.5F);
}

TEST(ZarrTiles, RefuseWhatDoesNotFit) {
  const TemporaryDirectory directory;
  ZarrArray array = shared_array(directory.file("a"), {{4, 5, 7}, {2, 2, 4}});
  const Partition partition(world(), {1, 1, world()->size()});
  const DistTensor<float> sample = DistTensor<float>::zeros({{1, 5, 7}, partition});
  expect_error<ArgumentError>(
      [&] {
        write_tile(array, sample, {1, 0, 0});
      },
      {"where chunks [2, 2, 4] do", "[1:2, 0:5, 0:7]"});
  const DistTensor<float> two = DistTensor<float>::zeros({{2, 5, 7}, partition});
  expect_error<IoError>([&] { write_tile(array, two, {3, 0, 0}); }, {"holds [2, 5, 7] from [3, 0, 0] on", "[4, 5, 7]"});
  DistTensor<std::complex<float>> complex({{4, 5, 7}, partition});
  expect_error<IoError>([&] { read_tile(array, complex); }, {"expected complex64 or complex128, found float32"});
}

TEST(ZarrTiles, ADamagedChunkIsEverybodysError) {
  const TemporaryDirectory directory;
  ZarrArray array = shared_array(directory.file("a"), {{4, 4, 4}, {2, 2, 2}});
  DistTensor<float> tensor = DistTensor<float>::zeros({{4, 4, 4}, Partition(world(), {world()->size(), 1, 1})});
  write_tile(array, tensor);
  on_rank_zero([&] { open_store(directory.file("a"))->put("x/1.1.0", {}); });
  expect_error<IoError>([&] { read_tile(array, tensor); }, {"x/1.1.0: expected a chunk compressed by blosc"});
}

TEST(ZarrTiles, ChunksAreTilesCutIntoEqualParts) {
  EXPECT_EQ(choose_chunk({64, 64}, RankGrid({2, 1}), 4), (Shape{32, 64}));
  EXPECT_EQ(choose_chunk({64, 96}, RankGrid({2, 2}), 4, 4096), (Shape{32, 24}));
  EXPECT_EQ(choose_chunk({7, 5}, RankGrid({3, 1}), 4), (Shape{3, 5}));
  EXPECT_EQ(choose_chunk({1, 128, 128, 128, 20}, RankGrid({1, 1, 2}), 4), (Shape{1, 32, 32, 32, 20}));
  EXPECT_EQ(choose_chunk({1000003}, RankGrid(Shape{1}), 4, 1024), (Shape{245}));
  EXPECT_EQ(choose_chunk({0, 9}, RankGrid({1, 4}), 8, 1), (Shape{1, 1}));
}

}  // namespace
}  // namespace tessera
