#include "io/zarr_fill_value.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace tessera::zarr {

namespace {

double parse_real(const Json& value, const Place& place) {
  if (value.is_number()) return value.get<double>();
  const std::string text = value.is_string() ? value.get<std::string>() : "";
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  fail(place, "fill_value to be a number, \"NaN\", \"Infinity\", \"-Infinity\" or null", brief(value));
}

Json real_to_json(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

void store_real(std::byte* to, double value, Index bytes) {
  const auto single = static_cast<float>(value);
  if (bytes == sizeof(float)) {
    std::memcpy(to, &single, sizeof(single));
  } else {
    std::memcpy(to, &value, sizeof(value));
  }
}

double load_real(const std::byte* from, Index bytes) {
  float single = 0;
  double value = 0;
  if (bytes == sizeof(float)) {
    std::memcpy(&single, from, sizeof(single));
    return single;
  }
  std::memcpy(&value, from, sizeof(value));
  return value;
}

/// An integer, a truth value, or a real number without a fraction.
Index parse_whole(const Json& value, const ElementType& type, const Place& place) {
  Index number = 0;
  if (value.is_boolean()) {
    number = value.get<bool>() ? 1 : 0;
  } else if (value.is_number_float()) {
    constexpr double kExact = 9007199254740992.0;  // 2^53
    const double real = value.get<double>();
    if (!(std::abs(real) <= kExact) || real != std::floor(real)) fail(place, "fill_value to be whole", brief(value));
    number = static_cast<Index>(real);
  } else {
    number = integer(value, "fill_value", place);
  }
  const Index most = type.kind == 'b' ? 1 : std::numeric_limits<std::uint8_t>::max();
  const bool fits = type.kind != 'i'                     ? number >= 0 && number <= most
                    : type.bytes == sizeof(std::int32_t) ? number == static_cast<std::int32_t>(number)
                                                         : true;
  if (!fits) fail(place, "fill_value of " + type_name(type), brief(value));
  return number;
}

}  // namespace

std::array<std::byte, 2 * sizeof(double)> parse_fill_value(const Json& value, const ElementType& type,
                                                           const Place& place) {
  std::array<std::byte, 2 * sizeof(double)> element = {};
  if (value.is_null()) return element;
  if (type.kind == 'f') {
    store_real(element.data(), parse_real(value, place), type.bytes);
  } else if (type.kind == 'c') {
    const bool pair = value.is_array();
    if (pair && value.size() != 2) fail(place, "fill_value to be [real, imaginary]", brief(value));
    const Index half = type.bytes / 2;
    store_real(element.data(), parse_real(pair ? value[0] : value, place), half);
    store_real(element.data() + half, pair ? parse_real(value[1], place) : 0.0, half);
  } else {
    // Little-endian and big-endian machines alike: the low bytes are where the element's own type has them.
    const Index number = parse_whole(value, type, place);
    const auto narrow = static_cast<std::int32_t>(number);
    const auto byte = static_cast<std::uint8_t>(number);
    if (type.bytes == sizeof(number)) std::memcpy(element.data(), &number, sizeof(number));
    if (type.bytes == sizeof(narrow)) std::memcpy(element.data(), &narrow, sizeof(narrow));
    if (type.bytes == sizeof(byte)) std::memcpy(element.data(), &byte, sizeof(byte));
  }
  return element;
}

Json fill_value_to_json(std::span<const std::byte> element, const ElementType& type) {
  const Index half = type.bytes / 2;
  if (type.kind == 'f') return real_to_json(load_real(element.data(), type.bytes));
  if (type.kind == 'c') {
    return Json::array(
        {real_to_json(load_real(element.data(), half)), real_to_json(load_real(element.data() + half, half))});
  }
  if (type.kind == 'b') return element[0] != std::byte{0};
  if (type.kind == 'u') return std::to_integer<int>(element[0]);
  std::int64_t number = 0;
  std::int32_t narrow = 0;
  std::memcpy(&number, element.data(), sizeof(number));
  std::memcpy(&narrow, element.data(), sizeof(narrow));
  return type.bytes == sizeof(narrow) ? Index{narrow} : Index{number};
}

}  // namespace tessera::zarr
