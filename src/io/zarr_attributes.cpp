#include "io/zarr_attributes.hpp"

#include <algorithm>
#include <cmath>

#include "tessera/core/error.hpp"

namespace tessera::zarr {

namespace {

template <class T>
struct ListOf {
  using type = T;
  static constexpr bool is_list = false;
};
template <class T>
struct ListOf<std::vector<T>> {
  using type = T;
  static constexpr bool is_list = true;
};

template <class T>
T single(const Json& json, const Place& place) {
  if constexpr (std::same_as<T, Index>) {
    if (json.is_boolean()) return json.get<bool>() ? 1 : 0;
    return integer(json, "the attribute", place);
  } else if constexpr (std::same_as<T, double>) {
    if (!json.is_number()) fail(place, "a real number", brief(json));
    return json.get<double>();
  } else {
    if (!json.is_string()) fail(place, "text", brief(json));
    return json.get<std::string>();
  }
}

}  // namespace

Json attribute_to_json(const AttributeValue& value, const Place& place) {
  const auto require_finite = [&](double number) {
    if (!std::isfinite(number)) {
      throw ArgumentError(to_string(place) + ": expected a finite number, got " + std::to_string(number));
    }
  };
  if (const auto* number = std::get_if<double>(&value)) require_finite(*number);
  if (const auto* list = std::get_if<std::vector<double>>(&value))
    std::for_each(list->begin(), list->end(), require_finite);
  return std::visit([](const auto& held) { return Json(held); }, value);
}

template <class T>
T attribute_from_json(const Json& json, const Place& place) {
  if constexpr (ListOf<T>::is_list) {
    T values;
    if (!json.is_array()) return {single<typename ListOf<T>::type>(json, place)};
    for (const Json& entry : json) values.push_back(single<typename ListOf<T>::type>(entry, place));
    return values;
  } else {
    const bool list_of_one = json.is_array() && json.size() == 1;
    return single<T>(list_of_one ? json[0] : json, place);
  }
}

template Index attribute_from_json<Index>(const Json&, const Place&);
template double attribute_from_json<double>(const Json&, const Place&);
template std::string attribute_from_json<std::string>(const Json&, const Place&);
template Shape attribute_from_json<Shape>(const Json&, const Place&);
template std::vector<double> attribute_from_json<std::vector<double>>(const Json&, const Place&);
template std::vector<std::string> attribute_from_json<std::vector<std::string>>(const Json&, const Place&);

}  // namespace tessera::zarr
