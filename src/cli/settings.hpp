#pragma once

/// \file
/// The configuration of a command: typed keys with defaults, read from a TOML file and from the command line.

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "tessera/comm/communicator.hpp"
#include "tessera/core/shape.hpp"

namespace CLI {
class App;
}

namespace tessera::cli {

/// The value of a key as a file or a command line can give it.
using Value = std::variant<Index, double, bool, std::string, Shape, std::vector<double>>;

/// Says what was expected of a value, or nothing when the value will do.
template <class T>
using Check = std::function<std::optional<std::string>(const T&)>;

namespace detail {

/// Nothing when the value fits, otherwise "<words> <bound>".
std::optional<std::string> expected_unless(bool fits, const char* words, double bound);

template <class T>
inline constexpr bool is_integer_setting = std::integral<T> && !std::same_as<T, bool>;

/// The alternative of Value that stands for T.
template <class T>
using StoredAs = std::conditional_t<is_integer_setting<T>, Index, T>;

template <class T>
concept SettingType = is_integer_setting<T> || std::same_as<T, double> || std::same_as<T, bool> ||
    std::same_as<T, std::string> || std::same_as<T, Shape> || std::same_as<T, std::vector<double>>;

}  // namespace detail

/// Checks of numbers of any type.
inline auto at_least(double least) {
  return
      [least](auto value) { return detail::expected_unless(static_cast<double>(value) >= least, "at least", least); };
}
inline auto more_than(double bound) {
  return
      [bound](auto value) { return detail::expected_unless(static_cast<double>(value) > bound, "more than", bound); };
}
inline auto at_most(double most) {
  return [most](auto value) { return detail::expected_unless(static_cast<double>(value) <= most, "at most", most); };
}
/// Both checks.
template <class First, class Second>
auto both(First first, Second second) {
  return [first, second](auto value) {
    auto expected = first(value);
    return expected ? expected : second(value);
  };
}
/// Checks every entry of a list.
template <class Entry>
auto each(Entry check) {
  return [check](const auto& list) -> std::optional<std::string> {
    for (const auto entry : list) {
      if (const auto expected = check(entry)) return "entries of " + *expected;
    }
    return std::nullopt;
  };
}

/// A registry of keys "section.name", each bound to a variable that holds its default. What a key is set to in the end:
/// the command line's value, else the file's, else the default. The variables must outlive the registry.
///
///   Settings settings;
///   settings.add("training", "learning_rate", config.learning_rate, "peak learning rate", more_than(0));
///   settings.add_options(command, {"training"});   // --learning-rate
///   (the command line is parsed)
///   settings.resolve(*world);
class Settings {
 public:
  Settings() = default;
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;

  /// Adds a key. T: an integer, double, bool, std::string, a list of integers (Shape) or of doubles. `help` says what
  /// it is, with its unit. Throws ArgumentError when the name is taken, in whatever section: names become options.
  template <detail::SettingType T>
  void add(const std::string& section, const std::string& name, T& value, const std::string& help,
           const std::type_identity_t<Check<T>>& check = {}) {
    using Stored = detail::StoredAs<T>;
    add_key({section,
             name,
             help,
             {},
             [&value]() -> Value { return static_cast<Stored>(value); },
             [&value, check](const Value& given) -> std::optional<std::string> {
               const Stored& stored = std::get<Stored>(given);
               if constexpr (detail::is_integer_setting<T>) {
                 if (!std::in_range<T>(stored)) {
                   return "a number from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
                          std::to_string(std::numeric_limits<T>::max());
                 }
               }
               const T converted = static_cast<T>(stored);
               if (check) {
                 if (auto expected = check(converted)) return expected;
               }
               value = converted;
               return std::nullopt;
             }});
  }

  /// Adds a key whose value is one of several names.
  template <class Enum>
  requires std::is_enum_v<Enum>
  void add(const std::string& section, const std::string& name, Enum& value, const std::string& help,
           const std::vector<std::pair<std::string, Enum>>& choices) {
    std::vector<std::string> names;
    for (const auto& choice : choices) names.push_back(choice.first);
    add_key({section, name, help, names,
             [&value, choices]() -> Value {
               for (const auto& [known, meaning] : choices) {
                 if (meaning == value) return known;
               }
               return std::string();
             },
             [&value, choices](const Value& given) -> std::optional<std::string> {
               for (const auto& [known, meaning] : choices) {
                 if (known != std::get<std::string>(given)) continue;
                 value = meaning;
                 return std::nullopt;
               }
               return "one of " + names_of(choices);
             }});
  }

  /// Makes options of the selected keys ("training": a whole section; "run.seed": one key), one each, named like the
  /// key with dashes, grouped by section, and the optional positional argument FILE. Throws ArgumentError for a
  /// selection that matches no key.
  void add_options(CLI::App& command, const std::vector<std::string>& selection);

  /// Applies the file and then the options given on the parsed command line; rank 0 reads the file. Collective.
  /// Throws ConfigError, the same on all ranks: "run.toml:12: unknown key training.learing_rate; did you mean
  /// training.learning_rate?", "run.toml:3: training.epochs: expected an integer, found a string ("ten")",
  /// "--epochs: expected at least 1, found 0".
  void resolve(const Communicator& world);

  /// Applies the text of a TOML file; `file_name` stands in messages. Sections of other commands are passed over.
  /// Local. Throws ConfigError.
  void apply_toml(std::string_view text, const std::string& file_name);

  /// Whether the file or the command line has set "section.name". Throws ArgumentError for an unknown key.
  bool given(const std::string& path) const;

  /// The values in effect as a TOML file that apply_toml reads back, with the help texts as comments: all, or those
  /// selected as for add_options.
  std::string to_toml(const std::vector<std::string>& selection = {}) const;

 private:
  struct Key {
    std::string section, name, help;
    std::vector<std::string> choices;
    std::function<Value()> get;
    /// Checks and assigns; otherwise says what was expected. The alternative held must be that of get().
    std::function<std::optional<std::string>(const Value&)> set;
    std::optional<std::string> option_text = {};
    bool given = false;

    std::string path() const { return section + "." + name; }
    bool is_in(const std::vector<std::string>& selection) const;
    std::string option() const;
    std::string kind() const;
    std::string placeholder() const;
  };

  template <class Choices>
  static std::string names_of(const Choices& choices) {
    std::string text;
    for (const auto& choice : choices) text += (text.empty() ? "" : ", ") + choice.first;
    return text;
  }

  void add_key(Key key);
  Key* find(const std::string& path);
  std::vector<std::string> sections() const;
  std::string suggestion(const std::string& path) const;
  void assign(Key& key, const std::string& where, const std::optional<Value>& value, const std::string& found);

  // Options hold pointers to keys.
  std::vector<std::unique_ptr<Key>> keys_;
  std::string file_;
};

}  // namespace tessera::cli
