#include "src/io/zarr_array_reader.hpp"

#include "io/hdf5_test_support.hpp"
#include "io/memory_store.hpp"

namespace tessera {
namespace {

using testing_support::expect_error;
using testing_support::MemoryStore;

/// An array [1, 8, 6, 4] of chunks [1, 4, 3, 4] that tells its places.
std::shared_ptr<MemoryStore> small_array() {
  const auto store = std::make_shared<MemoryStore>();
  ZarrArray array = ZarrArray::create(store, "", {{1, 8, 6, 4}, {1, 4, 3, 4}});
  std::vector<float> values(192);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  array.write_box({{0, 0, 0, 0}, array.shape()}, values.data());
  return store;
}

TEST(ZarrArrayReader, DecompressesAChunkOnceForManyPlanes) {
  const auto store = small_array();
  const ZarrArrayReader reader(ZarrArray::open(store, ""), Holes::errors);
  const int before = store->reads;
  std::vector<double> plane(24);
  for (Index x = 0; x < 8; ++x) {
    for (int again = 0; again < 2; ++again) {
      reader.read({{0, x, 0, 0}, {1, 1, 6, 4}}, plane.data());
      for (Index i = 0; i < 24; ++i) EXPECT_EQ(plane[static_cast<std::size_t>(i)], static_cast<double>(24 * x + i));
    }
  }
  EXPECT_EQ(store->reads, before + 4);
}

TEST(ZarrArrayReader, HasOthersWhereAChunkIsOfOneSample) {
  const ZarrArrayReader reader(ZarrArray::open(small_array(), ""), Holes::errors);
  const auto another = reader.another(3);
  ASSERT_NE(another, nullptr);
  float value = 0.0F;
  another->read({{0, 7, 5, 3}, {1, 1, 1, 1}}, &value);
  EXPECT_EQ(value, 191.0F);
  const auto store = std::make_shared<MemoryStore>();
  ZarrArray::create(store, "", {{4, 8}, {2, 4}});
  EXPECT_EQ(ZarrArrayReader(ZarrArray::open(store, ""), Holes::errors).another(3), nullptr);
}

TEST(ZarrArrayReader, TellsHolesFromFillValuesWhereItIsTold) {
  const auto store = small_array();
  store->erase("0.1.0.0");
  const Box box{{0, 3, 0, 0}, {1, 2, 1, 1}};
  std::vector<float> values(2, -1.0F);
  ZarrArrayReader(ZarrArray::open(store, ""), Holes::fill_values).read(box, values.data());
  EXPECT_EQ(values, (std::vector<float>{72.0F, 0.0F}));
  const ZarrArrayReader reader(ZarrArray::open(store, ""), Holes::errors);
  expect_error<IoError>([&] { reader.read(box, values.data()); },
                        {"read memory: expected the chunk of cells [0:1, 4:8, 0:3, 0:4], found none"});
  reader.read({{0, 3, 0, 0}, {1, 1, 1, 1}}, values.data());
  EXPECT_EQ(values[0], 72.0F);
  expect_error<IoError>([&] { reader.read({{0, 7, 0, 0}, {1, 2, 1, 1}}, values.data()); }, {"shape [1, 8, 6, 4]"});
}

}  // namespace
}  // namespace tessera
