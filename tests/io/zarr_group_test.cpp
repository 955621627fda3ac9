#include "tessera/io/zarr_group.hpp"

#include <limits>

#include "io/hdf5_test_support.hpp"
#include "io/memory_store.hpp"

namespace tessera {
namespace {

using testing_support::expect_error;
using testing_support::MemoryStore;

std::shared_ptr<MemoryStore> small_group() {
  const auto store = std::make_shared<MemoryStore>();
  ZarrGroup group = ZarrGroup::create(store);
  group.create_array("x", {{4}, {2}});
  group.create_group("inner");
  group.create_array("inner/y", {{3, 3}, {2, 2}, "float64"});
  group.write_attribute("count", Index{3});
  group.write_attribute("spacing", std::vector<double>{0.5, 2.0});
  group.write_attribute("names", std::vector<std::string>{"x", "Grüße"});
  group.write_attribute("text", "free", "inner");
  group.write_attribute("unit", "m", "inner/y");
  return store;
}

void expect_small_group(const ZarrGroup& group) {
  EXPECT_EQ(group.children(), (std::vector<std::string>{"inner", "x"}));
  EXPECT_EQ(group.children("inner"), std::vector<std::string>{"y"});
  EXPECT_TRUE(group.exists("inner/y"));
  EXPECT_FALSE(group.exists("inner/x"));
  EXPECT_EQ(group.describe("inner/y").shape, (Shape{3, 3}));
  EXPECT_EQ(group.describe("/x").scalar, "float32");
  EXPECT_EQ(group.read_attribute<Index>("count"), 3);
  EXPECT_EQ(group.read_attribute<double>("count"), 3.0);
  EXPECT_EQ(group.read_attribute<Shape>("count"), Shape{3});
  EXPECT_EQ(group.read_attribute<std::vector<double>>("spacing"), (std::vector<double>{0.5, 2.0}));
  EXPECT_EQ(group.read_attribute<std::vector<std::string>>("names"), (std::vector<std::string>{"x", "Grüße"}));
  EXPECT_EQ(group.read_attribute<std::string>("text", "inner"), "free");
  EXPECT_EQ(group.read_attribute<std::string>("unit", "inner/y"), "m");
  EXPECT_EQ(group.attribute_names(), (std::vector<std::string>{"count", "names", "spacing"}));
  EXPECT_FALSE(group.has_attribute("unit"));
}

TEST(ZarrGroup, IsReadWithAndWithoutConsolidatedMetadata) {
  const auto store = small_group();
  expect_small_group(ZarrGroup::open(store));
  ZarrGroup::open(store).consolidate();
  const int before = store->reads;
  const ZarrGroup consolidated = ZarrGroup::open(store);
  expect_small_group(consolidated);
  EXPECT_EQ(store->reads, before + 1);
}

TEST(ZarrGroup, AChangeDropsConsolidatedMetadata) {
  const auto store = small_group();
  const std::vector<std::function<void(ZarrGroup&)>> changes{
      [](ZarrGroup& group) { group.write_attribute("count", Index{4}); },
      [](ZarrGroup& group) { group.create_group("other"); },
      [](ZarrGroup& group) {
        group.create_array("z", {{1}, {1}});
      }};
  for (const auto& change : changes) {
    ZarrGroup::open(store).consolidate();
    ZarrGroup group = ZarrGroup::open(store);
    change(group);
    EXPECT_FALSE(store->exists(".zmetadata"));
    EXPECT_TRUE(group.exists("inner/y"));
  }
  EXPECT_EQ(ZarrGroup::open(store).read_attribute<Index>("count"), 4);
  EXPECT_TRUE(ZarrGroup::open(store).exists("z"));
}

TEST(ZarrGroup, SaysWhatIsWrong) {
  const auto store = small_group();
  ZarrGroup group = ZarrGroup::open(store);
  expect_error<IoError>([&] { group.describe("y"); }, {"memory:y: expected an array, found no object"});
  expect_error<IoError>([&] { group.describe("inner"); }, {":inner: expected an array, found a group"});
  expect_error<IoError>([&] { group.create_array("inner", {{1}, {1}}); }, {":inner: expected a free name"});
  expect_error<IoError>([&] { group.create_group("x"); }, {":x: expected a free name or a group, found an array"});
  expect_error<IoError>([&] { group.read_attribute<Index>("none"); },
                        {"memory:@none: expected an attribute, found none"});
  expect_error<IoError>([&] { group.read_attribute<Index>("names"); }, {"@names: expected", "64 bits"});
  expect_error<IoError>([&] { group.read_attribute<std::string>("count"); }, {"@count: expected text, found 3"});
  expect_error<IoError>([&] { group.read_attribute<double>("spacing"); }, {"@spacing: expected a real number"});
  expect_error<IoError>([&] { group.write_attribute("a", Index{1}, "nowhere"); }, {":nowhere@a: expected an object"});
  expect_error<ArgumentError>([&] { group.write_attribute("a", "\xff"); }, {"UTF-8"});
  expect_error<ArgumentError>([&] { group.write_attribute("a", std::numeric_limits<double>::infinity()); }, {"finite"});
  expect_error<IoError>([&] { ZarrGroup::create(store); }, {"create memory: expected a free place, found a .zgroup"});
  expect_error<IoError>([&] { ZarrGroup::open(std::make_shared<MemoryStore>()); }, {"expected a Zarr group"});
  const auto version3 = std::make_shared<MemoryStore>();
  version3->put_text("zarr.json", "{}");
  expect_error<IoError>([&] { ZarrGroup::open(version3); }, {"a Zarr group, found one of version 3 (zarr.json)"});
  expect_small_group(group);
}

TEST(ZarrGroup, RefusesDamagedDescriptions) {
  const auto refuse = [](const std::string& key, const std::string& text, const std::vector<std::string>& parts) {
    SCOPED_TRACE(key + " " + text);
    const auto store = small_group();
    store->put_text(key, text);
    expect_error<IoError>([&] { ZarrGroup::open(store).read_attribute<Index>("count"); }, parts);
  };
  refuse(".zgroup", "{\"zarr_format\": 2", {"open memory: expected JSON"});
  refuse(".zgroup", "{\"zarr_format\": 3}", {"zarr_format 2, found 3"});
  refuse(".zgroup", "{}", {"a member \"zarr_format\""});
  refuse(".zattrs", "{\"count\": NaN}", {"expected JSON"});
  refuse(".zattrs", "[3]", {"a JSON object, found array"});
  refuse(".zmetadata", "{", {"memory:.zmetadata: expected JSON"});
  refuse(".zmetadata", "{\"zarr_consolidated_format\": 2, \"metadata\": {}}", {"zarr_consolidated_format 1, found 2"});
  refuse(".zmetadata", "{\"zarr_consolidated_format\": 1, \"metadata\": []}", {"metadata to be an object"});
  refuse(".zmetadata", "{\"zarr_consolidated_format\": 1, \"metadata\": {}}", {"expected a Zarr group"});
  refuse(".zmetadata", "{\"zarr_consolidated_format\": 1, \"metadata\": {\".zgroup\": 7}}", {"a JSON object .zgroup"});
}

}  // namespace
}  // namespace tessera
