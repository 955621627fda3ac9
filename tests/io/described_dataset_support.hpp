#pragma once

/// \file
/// Shared by the tests of described data sets: files of other layouts, whose values tell where they belong.

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "io/chunk_walk.hpp"
#include "io/hdf5_test_support.hpp"
#include "tessera/io/hdf5_file.hpp"

namespace tessera::testing_support {

using Extents = std::map<std::string, Index>;

inline std::shared_ptr<const Communicator> self() { return std::make_shared<const Communicator>(Communicator::self()); }

/// A number that tells the cell it belongs to, exact in float; axes that are not there count as 0.
inline double cell_value(const Extents& at) {
  double value = 0;
  const std::vector<std::pair<const char*, int>> extents{{"sample", 9}, {"channel", 6}, {"x", 24},
                                                         {"y", 20},     {"z", 4},       {"t", 16}};
  for (const auto& [axis, extent] : extents) {
    const auto found = at.find(axis);
    value = value * extent + static_cast<double>(found == at.end() ? 0 : found->second);
  }
  return value + 0.5;
}

/// An array of cell_value; `fixed` holds the axes that it has not.
template <class T>
void write_array(Hdf5File& file, const std::string& name, const std::vector<std::string>& axes, const Shape& shape,
                 const Extents& fixed = {}) {
  std::vector<T> values;
  for_each_index({Shape(shape.size(), 0), shape}, [&](const Shape& at) {
    Extents cell = fixed;
    for (std::size_t axis = 0; axis < axes.size(); ++axis) cell[axes[axis]] = at[axis];
    values.push_back(static_cast<T>(cell_value(cell)));
  });
  file.create_dataset<T>(name, shape);
  file.begin_data();
  file.write_hyperslab<T>(name, {Shape(shape.size(), 0), shape}, values.data());
}

inline void write_text(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

/// PDEBench's files of one space axis.
inline constexpr const char* kBurgers = R"(
file = "burgers.hdf5"
grid_spacing = [0.5, 0.01]
[input]
array = "tensor"
axes = ["sample", "t", "x"]
t = [0, 3]
[output]
array = "tensor"
axes = ["sample", "t", "x"]
t = [3, 11]
)";

inline void write_burgers(const TemporaryDirectory& directory, const std::string& description = kBurgers) {
  on_rank_zero([&] {
    Hdf5File file = Hdf5File::create(directory.file("burgers.hdf5"), self());
    write_array<float>(file, "tensor", {"sample", "t", "x"}, {5, 11, 8});
    file.close();
    write_text(directory.file("burgers.toml"), description);
  });
}

}  // namespace tessera::testing_support
