/// Reading of TOML files into Settings.

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>

#include "settings.hpp"
#include "suggestion.hpp"
#include "tessera/core/error.hpp"

namespace tessera::cli {

namespace {

std::string location(const std::string& file, const toml::source_region& region) {
  return fmt::format("{}:{}", file, region.begin.line);
}

/// "a string ('ten')"
std::string describe(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table: return "a section";
    case toml::node_type::array: return "a list";
    case toml::node_type::string: return fmt::format("a string ('{}')", node.ref<std::string>());
    case toml::node_type::integer: return fmt::format("an integer ({})", node.ref<std::int64_t>());
    case toml::node_type::floating_point: return fmt::format("a number ({})", node.ref<double>());
    case toml::node_type::boolean: return node.ref<bool>() ? "true" : "false";
    default: return "a date or time";
  }
}

template <class T>
std::optional<Value> convert_list(const toml::node& node) {
  const toml::array* array = node.as_array();
  if (array == nullptr) return std::nullopt;
  std::vector<T> list;
  for (const toml::node& entry : *array) {
    const bool fits = std::same_as<T, double> ? entry.is_number() : entry.is_integer();
    if (!fits) return std::nullopt;
    list.push_back(*entry.value<T>());
  }
  return list;
}

template <class T>
std::optional<Value> convert_exactly(const toml::node& node) {
  const std::optional<T> value = node.value_exact<T>();
  return value ? std::optional<Value>(*value) : std::nullopt;
}

/// The node as the same alternative as `like`; an integer will do for a number.
std::optional<Value> convert(const toml::node& node, const Value& like) {
  if (std::holds_alternative<Index>(like)) return convert_exactly<Index>(node);
  if (std::holds_alternative<double>(like))
    return node.is_number() ? std::optional<Value>(*node.value<double>()) : std::nullopt;
  if (std::holds_alternative<bool>(like)) return convert_exactly<bool>(node);
  if (std::holds_alternative<std::string>(like)) return convert_exactly<std::string>(node);
  return std::holds_alternative<Shape>(like) ? convert_list<Index>(node) : convert_list<double>(node);
}

/// The sections of a run's file. A command passes over those of other commands, so that one file serves all.
constexpr std::array kSections = {"run",       "data", "model",  "training", "generate",  "flow",
                                  "reservoir", "rock", "fluid",  "wells",    "evaluate",  "plan",
                                  "predict",   "plot", "verify", "machine",  "inference", "slurm"};

toml::table parse(std::string_view text, const std::string& file_name) {
  try {
    return toml::parse(text, file_name);
  } catch (const toml::parse_error& error) {
    throw ConfigError(fmt::format("{}: {}", location(file_name, error.source()), error.description()));
  }
}

}  // namespace

void Settings::apply_toml(std::string_view text, const std::string& file_name) {
  const toml::table file = parse(text, file_name);
  for (const auto& [section_key, section_node] : file) {
    const std::string section(section_key.str());
    const std::string where = location(file_name, section_key.source());
    const std::vector<std::string> known = sections();
    const bool is_section = std::find(known.begin(), known.end(), section) != known.end();
    const toml::table* table = section_node.as_table();
    if (is_section && table == nullptr) {
      throw ConfigError(fmt::format("{}: {}: expected a section, found {}", where, section, describe(section_node)));
    }
    if (table == nullptr) throw ConfigError(fmt::format("{}: unknown key {}{}", where, section, suggestion(section)));
    if (!is_section) {
      if (std::find(kSections.begin(), kSections.end(), section) != kSections.end()) continue;
      std::vector<std::string> all = known;
      all.insert(all.end(), kSections.begin(), kSections.end());
      throw ConfigError(
          fmt::format("{}: unknown section [{}]; did you mean [{}]?", where, section, nearest(section, all)));
    }
    for (const auto& [name, node] : *table) {
      const std::string path = section + "." + std::string(name.str());
      Key* key = find(path);
      if (key == nullptr) {
        throw ConfigError(
            fmt::format("{}: unknown key {}{}", location(file_name, name.source()), path, suggestion(path)));
      }
      assign(*key, fmt::format("{}: {}", location(file_name, node.source()), path), convert(node, key->get()),
             describe(node));
    }
  }
}

}  // namespace tessera::cli
