#include "setting_value.hpp"

#include <fmt/format.h>

#include <charconv>

namespace tessera::cli {

namespace {

template <class T>
std::optional<T> parse_number(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<bool> parse_boolean(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// "1,2,3", with or without the brackets of TOML; an empty text is an empty list.
template <class T>
std::optional<std::vector<T>> parse_list(std::string_view text) {
  text = trimmed(text);
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') text = trimmed(text.substr(1, text.size() - 2));
  std::vector<T> list;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const auto number = parse_number<T>(trimmed(text.substr(0, comma)));
    if (!number || comma + 1 == text.size()) return std::nullopt;
    list.push_back(*number);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return list;
}

/// A TOML float always shows that it is one.
std::string format_number(double number) {
  std::string text = fmt::format("{}", number);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') {
      result += '\\';
      result += letter;
    } else if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f) {
      result += fmt::format("\\u{:04x}", static_cast<unsigned>(letter));
    } else {
      result += letter;
    }
  }
  return result + "\"";
}

template <class T>
std::string join(const std::vector<T>& list, std::string_view separator) {
  std::string text;
  for (const T entry : list) {
    if (!text.empty()) text += separator;
    if constexpr (std::same_as<T, double>) {
      text += format_number(entry);
    } else {
      text += std::to_string(entry);
    }
  }
  return text;
}

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace

std::optional<Value> parse_value(std::string_view text, const Value& like) {
  const auto wrap = [](auto parsed) -> std::optional<Value> {
    if (!parsed) return std::nullopt;
    return Value(std::move(*parsed));
  };
  return std::visit(Overloaded{[&](Index) { return wrap(parse_number<Index>(text)); },
                               [&](double) { return wrap(parse_number<double>(text)); },
                               [&](bool) { return wrap(parse_boolean(text)); },
                               [&](const std::string&) { return wrap(std::optional(std::string(text))); },
                               [&](const Shape&) { return wrap(parse_list<Index>(text)); },
                               [&](const std::vector<double>&) { return wrap(parse_list<double>(text)); }},
                    like);
}

std::string format_value(const Value& value) {
  return std::visit(
      Overloaded{[](Index number) { return std::to_string(number); },
                 [](double number) { return fmt::format("{}", number); },
                 [](bool flag) { return std::string(flag ? "true" : "false"); },
                 [](const std::string& text) { return text; }, [](const auto& list) { return join(list, ","); }},
      value);
}

std::string format_toml(const Value& value) {
  return std::visit(Overloaded{[&](const std::string& text) { return quoted(text); },
                               [](double number) { return format_number(number); },
                               [](const Shape& list) { return "[" + join(list, ", ") + "]"; },
                               [](const std::vector<double>& list) { return "[" + join(list, ", ") + "]"; },
                               [&](const auto&) { return format_value(value); }},
                    value);
}

}  // namespace tessera::cli
