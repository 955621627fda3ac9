#include "io/dataset_description.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "io/sample_pattern.hpp"
#include "tessera/core/error.hpp"

namespace tessera::dataset {

namespace {

constexpr std::array<const char*, 4> kGridAxes = {"x", "y", "z", "t"};
/// Axes that take a range of cells, each a key.
constexpr std::array<const char*, 5> kRangeAxes = {"channel", "x", "y", "z", "t"};
constexpr const char* kAxisList = "some of 'sample', 'channel', 'x', 'y', 'z', 't', each once";

template <class List>
bool contains(const List& list, const std::string& entry) {
  return std::find(list.begin(), list.end(), entry) != list.end();
}

std::string text_of(const toml::node& node) {
  std::ostringstream text;
  node.visit([&](const auto& value) {
    if constexpr (toml::is_table<decltype(value)>) {
      text << "a section";
    } else {
      text << value;
    }
  });
  return text.str();
}

/// Understands a parsed file. Keys that say what an array is may stand at the top for both sections.
class DescriptionParser {
 public:
  DescriptionParser(const std::string& path, const toml::table& top) : path_(path), top_(top) {}

  DatasetDescription parse() const;

 private:
  [[noreturn]] void refuse(const std::string& key, const toml::node& node, const std::string& expected) const {
    throw ConfigError("Dataset " + path_ + ":" + std::to_string(node.source().begin.line) + ": " + key + ": expected " +
                      expected + ", found " + text_of(node));
  }
  [[noreturn]] void refuse_absence(const std::string& key, const std::string& expected) const {
    throw ConfigError("Dataset " + path_ + ": " + key + ": expected " + expected + ", found none");
  }

  void require_known_keys(const toml::table& table, const std::string& section) const;
  const toml::table& section(const std::string& name) const;
  std::string string(const std::string& key, const toml::node& node) const;
  std::vector<std::string> strings(const std::string& key, const toml::node& node) const;
  IndexRange range(const std::string& key, const toml::node& node) const;
  std::vector<std::string> array_names(const std::string& section) const;
  std::vector<std::string> axes(const std::string& section) const;
  ArrayDescription array(const std::string& section) const;
  void require_sample_axis(const ArrayDescription& array) const;
  std::vector<double> spacing(std::size_t axes) const;
  /// The section's value of a key, or the top's; null where there is none.
  const toml::node* find(const std::string& section_name, const std::string& key) const {
    const toml::node* own = section(section_name).get(key);
    return own != nullptr ? own : top_.get(key);
  }

  const std::string& path_;
  const toml::table& top_;
};

void DescriptionParser::require_known_keys(const toml::table& table, const std::string& section) const {
  std::vector<std::string> known{"array", "arrays", "axes"};
  known.insert(known.end(), kRangeAxes.begin(), kRangeAxes.end());
  if (section.empty()) known.insert(known.end(), {"file", "samples", "grid_spacing", "input", "output"});
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    if (contains(known, name)) continue;
    std::string list;
    for (const std::string& entry : known) list += (list.empty() ? "" : ", ") + entry;
    throw ConfigError("Dataset " + path_ + ":" + std::to_string(key.source().begin.line) + ": unknown key " + section +
                      name + "; expected one of " + list);
  }
}

const toml::table& DescriptionParser::section(const std::string& name) const {
  const toml::node* node = top_.get(name);
  if (node == nullptr) refuse_absence("[" + name + "]", "a section");
  if (!node->is_table()) refuse(name, *node, "a section [" + name + "]");
  return *node->as_table();
}

std::string DescriptionParser::string(const std::string& key, const toml::node& node) const {
  const auto text = node.value_exact<std::string>();
  if (!text || text->empty()) refuse(key, node, "a name");
  return *text;
}

std::vector<std::string> DescriptionParser::strings(const std::string& key, const toml::node& node) const {
  if (!node.is_array() || node.as_array()->empty()) refuse(key, node, "a list of names");
  std::vector<std::string> list;
  for (const toml::node& entry : *node.as_array()) list.push_back(string(key, entry));
  return list;
}

IndexRange DescriptionParser::range(const std::string& key, const toml::node& node) const {
  constexpr const char* kExpected = "[start, stop] or [start, stop, step] with 0 <= start < stop and step >= 1";
  const toml::array* list = node.as_array();
  if (list == nullptr || list->size() < 2 || list->size() > 3) refuse(key, node, kExpected);
  std::array<Index, 3> numbers{0, 0, 1};
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto number = list->get(i)->value_exact<Index>();
    if (!number) refuse(key, node, kExpected);
    numbers[i] = *number;
  }
  const auto [start, stop, step] = numbers;
  if (start < 0 || stop <= start || step < 1) refuse(key, node, kExpected);
  // A step past the end takes one cell, like any other that long; so no sum of the two overflows.
  return {start, stop, std::min(step, stop - start)};
}

std::vector<std::string> DescriptionParser::array_names(const std::string& section_name) const {
  for (const toml::table* table : {&section(section_name), &top_}) {
    const toml::node *one = table->get("array"), *several = table->get("arrays");
    if (one != nullptr && several != nullptr) refuse(section_name + ".arrays", *several, "array or arrays, not both");
    if (one != nullptr) return {string(section_name + ".array", *one)};
    if (several != nullptr) return strings(section_name + ".arrays", *several);
  }
  refuse_absence(section_name + ".array", "the name of an array");
}

std::vector<std::string> DescriptionParser::axes(const std::string& section_name) const {
  const std::string key = section_name + ".axes";
  const toml::node* node = find(section_name, "axes");
  if (node == nullptr) refuse_absence(key, kAxisList);
  std::vector<std::string> axes = strings(key, *node);
  for (const std::string& axis : axes) {
    const bool known = axis == "sample" || contains(kRangeAxes, axis);
    if (!known || std::count(axes.begin(), axes.end(), axis) > 1) refuse(key, *node, kAxisList);
  }
  return axes;
}

ArrayDescription DescriptionParser::array(const std::string& section_name) const {
  const toml::table& own = section(section_name);
  require_known_keys(own, section_name + ".");
  ArrayDescription array{section_name, array_names(section_name), axes(section_name), {}};
  for (const char* axis : kRangeAxes) {
    const std::string key = section_name + "." + axis;
    if (const toml::node* node = own.get(axis); node != nullptr && !array.has_axis(axis)) {
      refuse(key, *node, "a range of an axis that " + section_name + ".axes lists");
    }
    if (!array.has_axis(axis)) continue;
    if (const toml::node* node = find(section_name, axis)) array.ranges[axis] = range(key, *node);
  }
  if (const toml::node* node = top_.get("samples")) array.ranges["sample"] = range("samples", *node);
  require_sample_axis(array);
  return array;
}

void DescriptionParser::require_sample_axis(const ArrayDescription& array) const {
  const bool axis = array.has_axis("sample");
  for (const std::string& name : array.arrays) {
    if (find_sample_pattern(name).has_value() != axis) continue;
    throw ConfigError(
        "Dataset " + path_ + ": " + array.section + ".axes: expected " +
        (axis ? "no 'sample', which is in the array's name" : "'sample', or a {sample} in the array's name") +
        ", found array '" + name + "'");
  }
}

std::vector<double> DescriptionParser::spacing(std::size_t axes) const {
  const toml::node* node = top_.get("grid_spacing");
  if (node == nullptr) return {};
  const std::string expected = "a list of " + std::to_string(axes) + " numbers, one per grid axis";
  const toml::array* list = node->as_array();
  if (list == nullptr || list->size() != axes) refuse("grid_spacing", *node, expected);
  std::vector<double> spacing;
  for (const toml::node& entry : *list) {
    if (!entry.is_number()) refuse("grid_spacing", *node, expected);
    spacing.push_back(*entry.value<double>());
  }
  return spacing;
}

DatasetDescription DescriptionParser::parse() const {
  require_known_keys(top_, "");
  DatasetDescription description{path_, {}, {}, array("input"), array("output"), {}, {}};
  const toml::node* file = top_.get("file");
  if (file == nullptr) refuse_absence("file", "the name of an HDF5 file");
  description.file = (std::filesystem::path(path_).parent_path() / string("file", *file)).string();
  const ArrayDescription &input = description.input, &output = description.output;
  for (const char* axis : kGridAxes) {
    const bool in = input.has_axis(axis), out = output.has_axis(axis);
    if (in || out) description.grid_axes.emplace_back(axis);
    if (in != out && std::string_view(axis) != "t") {
      const std::string& without = in ? output.section : input.section;
      refuse(without + ".axes", *find(without, "axes"), std::string("an axis '") + axis + "', as the other array has");
    }
  }
  if (description.grid_axes.empty()) refuse("input.axes", *find("input", "axes"), "an axis of 'x', 'y', 'z', 't'");
  for (const char* axis : kRangeAxes) {
    const toml::node* node = top_.get(axis);
    if (node == nullptr || input.has_axis(axis) || output.has_axis(axis)) continue;
    refuse(axis, *node, "a range of an axis that an array has");
  }
  description.grid_spacing = spacing(description.grid_axes.size());
  return description;
}

}  // namespace

bool ArrayDescription::has_axis(const std::string& axis) const { return contains(axes, axis); }

bool is_description(const std::string& path) { return path.ends_with(".toml"); }

DatasetDescription read_description(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  if (file) bytes << file.rdbuf();
  if (!file || !bytes)
    throw IoError("Dataset " + path + ": expected a description in TOML, found an empty file or none that can be read");
  toml::table top;
  try {
    top = toml::parse(bytes.view(), path);
  } catch (const toml::parse_error& error) {
    throw ConfigError("Dataset " + path + ":" + std::to_string(error.source().begin.line) + ": " +
                      std::string(error.description()));
  }
  DatasetDescription description = DescriptionParser(path, top).parse();
  description.text = bytes.str();
  return description;
}

}  // namespace tessera::dataset
