/// Writes Zarr arrays of every type, compressor and naming, or reads those that zarr-python wrote, all of which tell
/// their places; check_zarr_interchange.py has the other half. Runs without MPI.
/// Usage: zarr_interchange write|read <directory>

#include <cstdio>
#include <string>

#include "tessera/core/error.hpp"
#include "tessera/io/zarr_group.hpp"

namespace tessera {
namespace {

const Shape kShape{5, 7, 4};
const char* const kScalars[] = {"float32", "float64", "complex64", "complex128", "int32", "int64", "uint8", "bool"};
const char* const kCompressors[] = {
    "none", "zstd:3", "zlib:2", "gzip:2", "blosc-lz4", "blosc-zstd-bitshuffle", "blosc-zlib", "blosc-lz4hc-noshuffle"};

/// Cell i of an array, and what an array holds where nothing was written.
template <class T>
T value_at(Index i, bool is_bool) {
  if constexpr (std::same_as<T, Index>)
    return is_bool ? i % 2 : i;
  else if constexpr (ComplexScalar<T>)
    return T(static_cast<RealPart<T>>(i) + RealPart<T>(0.5), static_cast<RealPart<T>>(-2 * i));
  else
    return static_cast<T>(i) + T(0.5);
}

/// Calls body.operator()<T>() with the type that an array of this scalar is read into.
template <class Body>
void with_type(const std::string& scalar, Body&& body) {
  if (scalar.starts_with("float"))
    body.template operator()<double>();
  else if (scalar.starts_with("complex"))
    body.template operator()<std::complex<double>>();
  else
    body.template operator()<Index>();
}

void write(const std::string& directory) {
  ZarrGroup group = ZarrGroup::create(open_store(directory));
  for (const char* scalar : kScalars) {
    for (const char* compressor : kCompressors) {
      for (const bool nested : {false, true}) {
        if (nested && scalar != kScalars[0]) continue;
        std::string name = std::string(scalar) + "-" + compressor + (nested ? "-nested" : "");
        if (const std::size_t colon = name.find(':'); colon != std::string::npos) name[colon] = '-';
        ZarrArray array = group.create_array(name, {kShape, {3, 4, 4}, scalar, parse_compressor(compressor), nested});
        with_type(scalar, [&]<class T>() {
          std::vector<T> values;
          for (Index i = 0; i < volume(kShape); ++i) values.push_back(value_at<T>(i, array.scalar() == "bool"));
          array.write_box({{0, 0, 0}, kShape}, values.data());
        });
        group.write_attribute("names", std::vector<std::string>{"x", "Grüße"}, name);
      }
    }
  }
  group.write_attribute("spacing", std::vector<double>{0.5, 2});
  group.consolidate();
}

/// Every array holds the values of its places in rows 0 to 3, and its attribute "fill" elsewhere.
int read(const std::string& directory) {
  constexpr Index kWrittenRows = 4;
  const ZarrGroup group = ZarrGroup::open(open_store(directory));
  int wrong = 0, count = 0;
  for (const std::string& name : group.children()) {
    const ZarrArray array = group.open_array(name);
    const auto fill = group.read_attribute<double>("fill", name);
    with_type(array.scalar(), [&]<class T>() {
      std::vector<T> values(static_cast<std::size_t>(volume(array.shape())));
      array.read_box({Shape(array.shape().size(), 0), array.shape()}, values.data());
      const Index written = kWrittenRows * volume(array.shape()) / array.shape()[0];
      for (Index i = 0; i < std::ssize(values); ++i) {
        const T expected = i < written ? value_at<T>(i, array.scalar() == "bool") : static_cast<T>(fill);
        if (values[static_cast<std::size_t>(i)] == expected) continue;
        std::printf("%s: cell %d is wrong\n", name.c_str(), static_cast<int>(i));
        ++wrong;
        break;
      }
    });
    ++count;
  }
  std::printf("%d arrays read, %d wrong\n", count, wrong);
  return wrong == 0 && count > 0 ? 0 : 1;
}

}  // namespace
}  // namespace tessera

int main(int argc, char** argv) {
  try {
    const std::string mode = argc == 3 ? argv[1] : "";
    if (mode == "read") return tessera::read(argv[2]);
    if (mode != "write") throw tessera::ArgumentError("usage: zarr_interchange write|read <directory>");
    tessera::write(argv[2]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "zarr_interchange: %s\n", error.what());
    return 1;
  }
}
