#include "tessera/batch/record.hpp"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

namespace tessera::batch {

namespace {

using Json = nlohmann::json;

constexpr const char* kReferenceKey = "broadcast";

const char* type_name(const Value& value) {
  constexpr const char* kNames[] = {"a boolean",          "an integer",        "a number",          "a string",
                                    "a list of integers", "a list of numbers", "a list of strings", "a reference"};
  return kNames[value.index()];
}

Json number_to_json(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  return number;
}

std::optional<double> special_number(const std::string& text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

struct ToJson {
  Json operator()(double number) const { return number_to_json(number); }
  Json operator()(const std::vector<double>& numbers) const {
    Json list = Json::array();
    for (const double number : numbers) list.push_back(number_to_json(number));
    return list;
  }
  Json operator()(const Reference& reference) const {
    return {{kReferenceKey, reference.hash}, {"bytes", reference.bytes}};
  }
  template <class T>
  Json operator()(const T& value) const {
    return value;
  }
};

Value list_from_json(const Json& list) {
  const auto all = [&](auto&& holds) { return std::all_of(list.begin(), list.end(), holds); };
  if (all([](const Json& item) { return item.is_number_integer(); })) return list.get<std::vector<Index>>();
  const bool any_number = std::any_of(list.begin(), list.end(), [](const Json& item) { return item.is_number(); });
  const auto is_special = [](const Json& item) { return item.is_string() && special_number(item.get<std::string>()); };
  if (all([&](const Json& item) { return item.is_number() || is_special(item); }) && (any_number || all(is_special))) {
    std::vector<double> numbers;
    for (const Json& item : list) {
      numbers.push_back(item.is_number() ? item.get<double>() : *special_number(item.get<std::string>()));
    }
    return numbers;
  }
  return list.get<std::vector<std::string>>();
}

Value value_from_json(const Json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<Index>();
  if (json.is_number()) return json.get<double>();
  if (json.is_array()) return list_from_json(json);
  if (json.is_object()) return Reference{json.at(kReferenceKey).get<std::string>(), json.at("bytes").get<Index>()};
  const auto text = json.get<std::string>();
  if (const auto number = special_number(text)) return *number;
  return text;
}

/// The value as T, by the conversions that lose nothing.
template <class T>
std::optional<T> converted(const Value& value) {
  if (const T* held = std::get_if<T>(&value)) return *held;
  const Index* integer = std::get_if<Index>(&value);
  const double* number = std::get_if<double>(&value);
  const std::string* text = std::get_if<std::string>(&value);
  const auto* integers = std::get_if<std::vector<Index>>(&value);
  if constexpr (std::same_as<T, double>) {
    if (integer != nullptr) return static_cast<double>(*integer);
  } else if constexpr (std::same_as<T, std::vector<Index>>) {
    if (integer != nullptr) return T{*integer};
  } else if constexpr (std::same_as<T, std::vector<double>>) {
    if (number != nullptr) return T{*number};
    if (integer != nullptr) return T{static_cast<double>(*integer)};
    if (integers != nullptr) return T(integers->begin(), integers->end());
  } else if constexpr (std::same_as<T, std::vector<std::string>>) {
    if (text != nullptr) return T{*text};
    // An empty list has lost its type on the way through JSON.
    if (integers != nullptr && integers->empty()) return T{};
  }
  return std::nullopt;
}

std::string number_text(double number) {
  return number_to_json(number).is_string() ? number_to_json(number).get<std::string>() : Json(number).dump();
}

}  // namespace

template <class T>
T Record::get(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) {
    std::string names;
    for (const auto& [known, value] : values_) names += (names.empty() ? "" : ", ") + known;
    throw ArgumentError("record: no value '" + name + "' among: " + (names.empty() ? "none" : names));
  }
  if (std::optional<T> value = converted<T>(found->second)) return *std::move(value);
  throw ArgumentError("record: expected '" + name + "' to be " + type_name(Value(T{})) + ", found " +
                      type_name(found->second));
}

std::string Record::to_json() const {
  Json object = Json::object();
  for (const auto& [name, value] : values_) object[name] = std::visit(ToJson{}, value);
  // Bytes that are no UTF-8 would otherwise be an exception.
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Record Record::from_json(const std::string& text, const std::string& what) {
  try {
    const Json object = Json::parse(text);
    if (!object.is_object()) throw IoError(what + ": expected a JSON object, found " + object.type_name());
    Record record;
    for (const auto& [name, value] : object.items()) record.set(name, value_from_json(value));
    return record;
  } catch (const Json::exception& error) {
    throw IoError(what + ": expected a JSON object of values: " + error.what());
  }
}

std::string to_string(const Value& value) {
  const auto listed = [](const auto& list, auto&& text_of) {
    std::string text;
    for (const auto& item : list) text += (text.empty() ? "" : ",") + text_of(item);
    return text;
  };
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<double>(&value)) return number_text(*number);
  if (const auto* numbers = std::get_if<std::vector<double>>(&value)) return listed(*numbers, number_text);
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    return listed(*texts, [](const std::string& text) { return text; });
  }
  if (const auto* integers = std::get_if<std::vector<Index>>(&value)) {
    return listed(*integers, [](Index integer) { return std::to_string(integer); });
  }
  if (const auto* reference = std::get_if<Reference>(&value)) return reference->hash;
  return std::visit(ToJson{}, value).dump();
}

#define TESSERA_INSTANTIATE(...) template __VA_ARGS__ Record::get<__VA_ARGS__>(const std::string&) const;
TESSERA_INSTANTIATE(bool)
TESSERA_INSTANTIATE(Index)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::string)
TESSERA_INSTANTIATE(std::vector<Index>)
TESSERA_INSTANTIATE(std::vector<double>)
TESSERA_INSTANTIATE(std::vector<std::string>)
TESSERA_INSTANTIATE(Reference)
#undef TESSERA_INSTANTIATE

}  // namespace tessera::batch
