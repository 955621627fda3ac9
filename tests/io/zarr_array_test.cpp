#include "tessera/io/zarr_array.hpp"

#include <cmath>
#include <thread>

#include "io/hdf5_test_support.hpp"
#include "io/memory_store.hpp"

namespace tessera {
namespace {

using testing_support::expect_error;
using testing_support::index_value;
using testing_support::MemoryStore;

constexpr const char* kCompressors[] = {"none",
                                        "zstd:3",
                                        "zlib:4",
                                        "gzip",
                                        "blosc-lz4",
                                        "blosc-zstd:9",
                                        "blosc-zlib:1",
                                        "blosc-lz4hc-noshuffle",
                                        "blosc-lz4-bitshuffle",
                                        "blosc-blosclz-bitshuffle"};

template <class T>
T value_at(Index offset) {
  if constexpr (std::same_as<T, Index>)
    return offset % 2;
  else
    return index_value<T>(offset);
}

template <class T>
std::vector<T> indexed(const Shape& shape) {
  std::vector<T> values;
  for (Index i = 0; i < volume(shape); ++i) values.push_back(value_at<T>(i));
  return values;
}

Box whole(const Shape& shape) { return {Shape(shape.size(), 0), shape}; }

template <class T>
std::vector<T> read(const ZarrArray& array, const Box& box) {
  std::vector<T> values(static_cast<std::size_t>(box.volume()));
  array.read_box(box, values.data());
  return values;
}
template <class T>
std::vector<T> read(const ZarrArray& array) {
  return read<T>(array, whole(array.shape()));
}

/// One member of a description, as JSON.
std::string replaced(std::string text, const std::string& member, const std::string& value) {
  const std::size_t start = text.find("\"" + member + "\":");
  const std::size_t colon = text.find(':', start) + 1;
  // Up to the next member: every one begins a line of its own.
  const std::size_t end = text.find("\n    \"", colon);
  const bool last = end == std::string::npos;
  return text.substr(0, colon) + value + (last ? "}" : "," + text.substr(end));
}

std::string text_of(const MemoryStore& store, const std::string& key) {
  const Bytes& bytes = store.objects.at(key);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class T>
void expect_round_trip(const ZarrLayout& layout, const std::string& type, const std::string& order) {
  SCOPED_TRACE(layout.scalar + " " + to_string(layout.compressor) + " " + type + " " + order);
  const auto store = std::make_shared<MemoryStore>();
  ZarrArray::create(store, "x", layout);
  std::string text = text_of(*store, "x/.zarray");
  if (!type.empty()) text = replaced(text, "dtype", "\"" + type + "\"");
  store->put_text("x/.zarray", replaced(text, "order", "\"" + order + "\""));
  ZarrArray array = ZarrArray::open(store, "x");
  const auto values = indexed<T>(layout.shape);
  array.write_box(whole(layout.shape), values.data());
  EXPECT_EQ(read<T>(ZarrArray::open(store, "x")), values);
}

TEST(ZarrArray, KeepsEveryTypeInEveryCompressorAndOrder) {
  for (const char* compressor : kCompressors) {
    for (const bool nested : {false, true}) {
      ZarrLayout layout{{5, 7, 6}, {2, 3, 6}, "float32", parse_compressor(compressor), nested};
      for (const char* order : {"C", "F"}) {
        expect_round_trip<float>(layout, "<f4", order);
        expect_round_trip<float>(layout, ">f4", order);
        expect_round_trip<double>(layout, "<f8", order);
        expect_round_trip<double>(layout, ">f4", order);
        expect_round_trip<float>(layout, ">f8", order);
        expect_round_trip<std::complex<float>>(layout, ">c8", order);
        expect_round_trip<std::complex<double>>(layout, "<c16", order);
        for (const char* type : {"<i4", ">i4", "<i8", ">i8", "|u1", "|b1"})
          expect_round_trip<Index>(layout, type, order);
      }
    }
  }
}

TEST(ZarrArray, HasTheTypesOfItsLayout) {
  const auto store = std::make_shared<MemoryStore>();
  for (const char* scalar : {"float32", "float64", "complex64", "complex128", "int32", "int64", "uint8", "bool"}) {
    ZarrArray::create(store, "x", {{3}, {2}, scalar});
    EXPECT_EQ(ZarrArray::open(store, "x").scalar(), scalar);
  }
  EXPECT_THROW(ZarrArray::create(store, "y", {{3}, {2}, "float16"}), ArgumentError);
}

TEST(ZarrArray, ReadsAndWritesAnyBox) {
  const auto store = std::make_shared<MemoryStore>();
  const Shape shape{5, 7};
  ZarrArray array = ZarrArray::create(store, "", {shape, {2, 3}, "float64"});
  std::vector<double> expected(35, 0.0);
  const std::vector<Box> boxes{
      {{0, 0}, {2, 3}}, {{1, 1}, {3, 5}}, {{4, 6}, {1, 1}}, {{0, 5}, {5, 2}}, {{2, 2}, {0, 3}}};
  double next = 1;
  for (const Box& box : boxes) {
    std::vector<double> values;
    for (Index i = 0; i < box.extent[0]; ++i) {
      for (Index j = 0; j < box.extent[1]; ++j) {
        values.push_back(next);
        expected[static_cast<std::size_t>((box.start[0] + i) * 7 + box.start[1] + j)] = next++;
      }
    }
    array.write_box(box, values.data());
    EXPECT_EQ(read<double>(array), expected);
  }
  EXPECT_EQ(read<double>(array, {{3, 2}, {1, 2}}), (std::vector<double>{expected[23], expected[24]}));
}

TEST(ZarrArray, WritesWholeChunksWithoutReading) {
  const auto store = std::make_shared<MemoryStore>();
  ZarrArray array = ZarrArray::create(store, "", {{5, 4}, {2, 4}, "float32"});
  const auto values = indexed<float>({5, 4});
  const int before = store->reads;
  array.write_box(whole({5, 4}), values.data());
  EXPECT_EQ(store->reads, before);
  array.write_box({{0, 0}, {1, 4}}, values.data());
  EXPECT_EQ(store->reads, before + 1);
}

TEST(ZarrArray, HoldsArraysWithoutAxesAndWithoutCells) {
  const auto store = std::make_shared<MemoryStore>();
  ZarrArray number = ZarrArray::create(store, "number", {{}, {}, "float64"});
  const double value = 2.5;
  number.write_box({}, &value);
  EXPECT_TRUE(store->exists("number/0"));
  EXPECT_EQ(read<double>(number), std::vector<double>{2.5});
  ZarrArray empty = ZarrArray::create(store, "empty", {{0, 3}, {2, 2}, "float64"});
  EXPECT_EQ(read<double>(empty), std::vector<double>{});
  EXPECT_EQ(empty.chunk_grid(), (Shape{0, 2}));
}

TEST(ZarrArray, HoldsTheFillValueWhereNothingWasWritten) {
  const auto store = std::make_shared<MemoryStore>();
  const auto fill = [&]<class T>(const char* type, const char* value, T expected) {
    SCOPED_TRACE(std::string(type) + " " + value);
    ZarrArray::create(store, "x", {{3}, {2}});
    const std::string text = replaced(text_of(*store, "x/.zarray"), "dtype", std::string("\"") + type + "\"");
    store->put_text("x/.zarray", replaced(text, "fill_value", value));
    const auto values = read<T>(ZarrArray::open(store, "x"));
    if (expected == expected)
      EXPECT_EQ(values, std::vector<T>(3, expected));
    else
      EXPECT_TRUE(values[2] != values[2]);
    // The rest of a chunk that is written in part.
    ZarrArray array = ZarrArray::open(store, "x");
    const T one = T(1);
    array.write_box({{0}, {1}}, &one);
    EXPECT_EQ(read<T>(array)[0], one);
    if (expected == expected) EXPECT_EQ(read<T>(array)[1], expected);
  };
  fill("<f4", "1.5", 1.5F);
  fill(">f8", "-3", -3.0);
  fill("<f8", "null", 0.0);
  fill("<f4", "\"NaN\"", std::nanf(""));
  fill("<f8", "\"Infinity\"", INFINITY * 1.0);
  fill(">f4", "\"-Infinity\"", -INFINITY);
  fill("<c16", "[1.5, -2]", std::complex<double>(1.5, -2));
  fill("<c8", "3", std::complex<float>(3, 0));
  fill("<i4", "-7", Index{-7});
  fill("<i8", "9007199254740993", Index{9007199254740993});
  fill("|u1", "255", Index{255});
  fill("|b1", "true", Index{1});
}

void expect_refused(const std::string& member, const std::string& value, const std::vector<std::string>& parts) {
  SCOPED_TRACE(member + " " + value);
  const auto store = std::make_shared<MemoryStore>();
  ZarrArray::create(store, "x", {{5, 7}, {2, 3}});
  store->put_text("x/.zarray", replaced(text_of(*store, "x/.zarray"), member, value));
  std::vector<std::string> all{"open memory:x: expected"};
  all.insert(all.end(), parts.begin(), parts.end());
  expect_error<IoError>([&] { ZarrArray::open(store, "x"); }, all);
}

TEST(ZarrArray, RefusesHostileDescriptions) {
  expect_refused("shape", "[1152921504606846976, 1152921504606846976]", {"fewer than 2^63 bytes"});
  expect_refused("chunks", "[1152921504606846976, 16]", {"chunks of at most 2147483631 bytes"});
  expect_refused("chunks", "[32768, 32768]", {"at most 2147483631 bytes"});
  expect_refused("shape", "[5, 18446744073709551615]", {"64 bits", "18446744073709551615"});
  expect_refused("shape", "[5, 1e3]", {"every entry of shape to be an integer", "1000.0"});
  expect_refused("chunks", "[2, 3.0]", {"every entry of chunks to be an integer"});
  expect_refused("shape", "[5, -7]", {"every entry of shape to be at least 0"});
  expect_refused("chunks", "[2, 0]", {"every entry of chunks to be at least 1"});
  expect_refused("chunks", "[2, -3]", {"every entry of chunks to be at least 1"});
  expect_refused("chunks", "[2]", {"as many entries of chunks as of shape"});
  expect_refused("chunks", "6", {"chunks to be a list"});
  expect_refused("shape", "[" + std::string(200, '1') + "]", {});
  expect_refused("zarr_format", "3", {"zarr_format 2, found 3"});
  expect_refused("dtype", "\"<f2\"", {"dtype", "<f2"});
  expect_refused("dtype", "[[\"a\", \"<f4\"]]", {"dtype"});
  expect_refused("dtype", "\"f4\"", {"dtype"});
  expect_refused("order", "\"A\"", {"order"});
  expect_refused("filters", "[{\"id\": \"delta\"}]", {"no filters", "delta"});
  expect_refused("compressor", "{\"id\": \"lzma\"}", {"compressor blosc", "lzma"});
  expect_refused("compressor", "\"blosc\"", {"an object or null"});
  expect_refused("compressor", "{}", {"a member \"id\", found none"});
  expect_refused("dimension_separator", "\"..\"", {"dimension_separator"});
  expect_refused("fill_value", "\"zero\"", {"fill_value", "zero"});
  expect_refused("fill_value", std::string(100000, '[') + std::string(100000, ']'), {"at most 32 levels"});
  expect_refused("order", "\"C", {"JSON"});
}

TEST(ZarrArray, SaysWhatIsMissing) {
  const auto store = std::make_shared<MemoryStore>();
  expect_error<IoError>([&] { ZarrArray::open(store, "x"); },
                        {"open memory:x: expected a Zarr array, found no .zarray"});
  store->put_text("x/.zarray", "{\"shape\": [5]}");
  expect_error<IoError>([&] { ZarrArray::open(store, "x"); }, {"expected a member \"zarr_format\", found none"});
  store->put_text("x/.zarray", "");
  expect_error<IoError>([&] { ZarrArray::open(store, "x"); }, {"expected JSON"});
  store->put_text("x/.zarray", "[]");
  expect_error<IoError>([&] { ZarrArray::open(store, "x"); }, {"expected a JSON object"});
}

TEST(ZarrArray, ChecksBoxesAndTypes) {
  const auto store = std::make_shared<MemoryStore>();
  ZarrArray array = ZarrArray::create(store, "x", {{5, 7}, {2, 3}});
  float value = 0;
  expect_error<IoError>(
      [&] {
        array.read_box({{0, 0}, {6, 7}}, &value);
      },
      {"read_box memory:x", "[0:6, 0:7]", "[5, 7]"});
  expect_error<IoError>([&] { array.read_box({{0}, {1}}, &value); }, {"shape [5, 7]"});
  expect_error<IoError>([&] { array.write_box({{0, -1}, {1, 1}}, &value); }, {"write_box memory:x"});
  std::complex<float> complex;
  expect_error<IoError>(
      [&] {
        array.read_box({{0, 0}, {1, 1}}, &complex);
      },
      {"complex64 or complex128", "found float32"});
  Index integer = 300;
  expect_error<IoError>([&] { array.read_box({{0, 0}, {1, 1}}, &integer); }, {"expected integers, found float32"});
  ZarrArray small = ZarrArray::create(store, "small", {{1}, {1}, "uint8"});
  expect_error<ArgumentError>([&] { small.write_box({{0}, {1}}, &integer); }, {"got 300"});
  expect_error<IoError>([&] { small.read_box({{0}, {1}}, &value); }, {"expected float32 or float64, found uint8"});
  expect_error<ShapeError>([&] { ZarrArray::create(store, "y", {{5, 7}, {2}}); }, {"as many entries of chunks"});
  expect_error<ShapeError>([&] { ZarrArray::create(store, "y", {{5}, {0}}); }, {"at least one cell"});
  expect_error<ShapeError>([&] { ZarrArray::create(store, "y", {{5}, {Index{1} << 40}}); }, {"2147483631 bytes"});
}

TEST(ZarrArray, RefusesDamagedChunks) {
  for (const char* compressor : kCompressors) {
    SCOPED_TRACE(compressor);
    const auto store = std::make_shared<MemoryStore>();
    const Shape shape{40, 30};
    ZarrArray array = ZarrArray::create(store, "x", {shape, shape, "float64", parse_compressor(compressor)});
    const auto values = indexed<double>(shape);
    array.write_box(whole(shape), values.data());
    const Bytes intact = store->objects.at("x/0.0");
    const auto expect_damaged = [&](const Bytes& bytes) {
      store->objects["x/0.0"] = bytes;
      expect_error<IoError>([&] { read<double>(array); }, {"read memory:x/0.0: expected a chunk", "found"});
    };
    expect_damaged({});
    expect_damaged(Bytes(intact.begin(), intact.begin() + 1));
    expect_damaged(Bytes(intact.begin(), intact.end() - 1));
    expect_damaged(Bytes(intact.begin(), intact.begin() + std::ssize(intact) / 2));
    if (std::string(compressor) != "none") expect_damaged(Bytes(intact.size(), std::byte{0xff}));
    // A chunk of another size: too long a one, and too short a one.
    for (const Index rows : {39, 41}) {
      ZarrArray other =
          ZarrArray::create(store, "y", {{rows, 30}, {rows, 30}, "float64", parse_compressor(compressor)});
      const auto cells = indexed<double>({rows, 30});
      other.write_box(whole({rows, 30}), cells.data());
      expect_damaged(store->objects.at("y/0.0"));
    }
  }
}

TEST(ZarrArray, CreatingRemovesTheChunksOfAnEarlierArray) {
  const auto store = std::make_shared<MemoryStore>();
  const float value = 1;
  for (const bool nested : {true, false}) {
    ZarrArray array = ZarrArray::create(store, "x", {{4, 4}, {2, 2}, "float32", {}, nested});
    array.write_box({{3, 3}, {1, 1}}, &value);
    EXPECT_TRUE(array.has_chunk({1, 1}));
    array.erase_chunk({1, 1});
    EXPECT_FALSE(array.has_chunk({1, 1}));
    array.write_box({{3, 3}, {1, 1}}, &value);
    EXPECT_EQ(read<float>(ZarrArray::create(store, "x", {{4, 4}, {2, 2}})), std::vector<float>(16, 0.0F));
  }
}

TEST(ZarrCompressor, HasAName) {
  for (const char* name : kCompressors)
    EXPECT_EQ(parse_compressor(to_string(parse_compressor(name))), parse_compressor(name));
  EXPECT_EQ(to_string(parse_compressor("blosc-zstd-bitshuffle:7")), "blosc-zstd-bitshuffle:7");
  for (const char* wrong : {"", "lz4", "blosc", "blosc-", "blosc-lzma", "zstd:", "zstd:x", "zstd:0", "zstd:23",
                            "zlib:10", "none:1", "blosc-lz4:-1", "blosc-lz4:5:5", "blosc-lz4-shuffle"}) {
    EXPECT_THROW(parse_compressor(wrong), ConfigError) << wrong;
  }
}

}  // namespace
}  // namespace tessera
