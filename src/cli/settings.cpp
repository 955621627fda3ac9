#include "settings.hpp"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "setting_value.hpp"
#include "suggestion.hpp"
#include "tessera/core/error.hpp"

namespace tessera::cli {

namespace {

/// Rank 0 reads; every rank gets the text, or the same error.
std::string read_shared(const Communicator& world, const std::string& path) {
  constexpr char kText = 't';
  std::string answer;
  if (world.rank() == 0) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::error_code ignored;
    // A folder opens, but does not read.
    if (std::filesystem::is_directory(path, ignored)) {
      answer = fmt::format("e{}: expected a TOML file, found a folder", path);
    } else if (!file) {
      answer = fmt::format("e{}: expected a TOML file, found none that can be read ({})", path,
                           std::strerror(errno != 0 ? errno : EIO));
    } else {
      answer = kText + std::string(std::istreambuf_iterator<char>(file), {});
    }
  }
  answer = world.broadcast(answer, 0);
  if (answer.front() != kText) throw ConfigError(answer.substr(1));
  return answer.substr(1);
}

}  // namespace

std::optional<std::string> detail::expected_unless(bool fits, const char* words, double bound) {
  return fits ? std::nullopt : std::optional(fmt::format("{} {}", words, bound));
}

std::string Settings::Key::option() const {
  std::string text = "--" + name;
  std::replace(text.begin(), text.end(), '_', '-');
  return text;
}

std::string Settings::Key::kind() const {
  static constexpr const char* kKinds[] = {"an integer", "a number",           "true or false",
                                           "a string",   "a list of integers", "a list of numbers"};
  if (choices.empty()) return kKinds[get().index()];
  return fmt::format("one of {}", fmt::join(choices, ", "));
}

std::string Settings::Key::placeholder() const {
  static constexpr const char* kPlaceholders[] = {"INT", "NUMBER", "true|false", "TEXT", "INT,...", "NUMBER,..."};
  return choices.empty() ? kPlaceholders[get().index()] : fmt::format("{}", fmt::join(choices, "|"));
}

void Settings::add_key(Key key) {
  for (const auto& known : keys_) {
    if (known->name != key.name) continue;
    throw ArgumentError(
        fmt::format("Settings::add: {} would share the option {} with {}", key.path(), key.option(), known->path()));
  }
  keys_.push_back(std::make_unique<Key>(std::move(key)));
}

Settings::Key* Settings::find(const std::string& path) {
  const auto key = std::find_if(keys_.begin(), keys_.end(), [&](const auto& known) { return known->path() == path; });
  return key == keys_.end() ? nullptr : key->get();
}

std::string Settings::suggestion(const std::string& path) const {
  const std::string name = path.substr(path.rfind('.') + 1);
  const Key* best = nullptr;
  std::size_t least = 0;
  for (const auto& key : keys_) {
    // A right name in a wrong section is one mistake.
    const std::size_t distance = std::min(edit_distance(path, key->path()), edit_distance(name, key->name) + 1);
    if (best == nullptr || distance < least) {
      best = key.get();
      least = distance;
    }
  }
  return best == nullptr ? "" : fmt::format("; did you mean {}?", best->path());
}

void Settings::assign(Key& key, const std::string& where, const std::optional<Value>& value, const std::string& found) {
  std::optional<std::string> expected = key.kind();
  if (value) expected = key.set(*value);
  if (expected) throw ConfigError(fmt::format("{}: expected {}, found {}", where, *expected, found));
  key.given = true;
}

void Settings::add_options(CLI::App& command, const std::vector<std::string>& selection) {
  for (const std::string& selected : selection) {
    bool matched = false;
    for (const auto& key : keys_) {
      if (selected != key->section && selected != key->path()) continue;
      matched = true;
      command
          .add_option_function<std::string>(
              key->option(), [key = key.get()](const std::string& text) { key->option_text = text; }, key->help)
          ->type_name(key->placeholder())
          ->default_str(format_value(key->get()))
          ->group("[" + key->section + "]");
    }
    if (!matched) throw ArgumentError("Settings::add_options: no key matches " + selected);
  }
  command.add_option("FILE", file_, "TOML file with any of the keys below, in their [section]; options win over it")
      ->type_name("");
}

void Settings::resolve(const Communicator& world) {
  if (!file_.empty()) apply_toml(read_shared(world, file_), file_);
  for (const auto& key : keys_) {
    if (!key->option_text) continue;
    assign(*key, key->option(), parse_value(*key->option_text, key->get()), fmt::format("'{}'", *key->option_text));
  }
}

bool Settings::given(const std::string& path) const {
  for (const auto& key : keys_) {
    if (key->path() == path) return key->given;
  }
  throw ArgumentError("Settings::given: unknown key " + path);
}

std::vector<std::string> Settings::sections() const {
  std::vector<std::string> names;
  for (const auto& key : keys_) {
    if (std::find(names.begin(), names.end(), key->section) == names.end()) names.push_back(key->section);
  }
  return names;
}

bool Settings::Key::is_in(const std::vector<std::string>& selection) const {
  return std::any_of(selection.begin(), selection.end(),
                     [&](const std::string& selected) { return selected == section || selected == path(); });
}

std::string Settings::to_toml(const std::vector<std::string>& selection) const {
  std::string text;
  for (const std::string& section : sections()) {
    bool begun = false;
    for (const auto& key : keys_) {
      if (key->section != section || !(selection.empty() || key->is_in(selection))) continue;
      if (!std::exchange(begun, true)) text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", section);
      text += fmt::format("# {}{}\n", key->help, key->choices.empty() ? "" : " (" + key->kind() + ")");
      text += fmt::format("{} = {}\n", key->name, format_toml(key->get()));
    }
  }
  return text;
}

}  // namespace tessera::cli
