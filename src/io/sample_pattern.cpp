#include "io/sample_pattern.hpp"

#include <algorithm>
#include <charconv>

namespace tessera::dataset {

std::string SamplePattern::name(Index number) const {
  const std::string plain = std::to_string(number);
  return before + std::string(digits - std::min(digits, plain.size()), '0') + plain + after;
}

std::string SamplePattern::group() const {
  const std::size_t slash = before.rfind('/');
  return slash == std::string::npos || slash == 0 ? "/" : before.substr(0, slash);
}

std::vector<Index> SamplePattern::numbers(const std::vector<std::string>& children) const {
  const std::string stem = before.substr(before.rfind('/') + 1);
  const std::string parent = before.substr(0, before.size() - stem.size());
  const std::string path_below = after.substr(std::min(after.find('/'), after.size()));
  std::vector<Index> numbers;
  for (const std::string& child : children) {
    if (child.size() <= stem.size()) continue;
    Index number = -1;
    std::from_chars(child.data() + stem.size(), child.data() + child.size(), number);
    if (number >= 0 && name(number) == parent + child + path_below) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::optional<SamplePattern> find_sample_pattern(const std::string& name) {
  constexpr std::string_view kOpening = "{sample";
  constexpr std::size_t kMostDigits = 18;
  const std::size_t start = name.find(kOpening);
  if (start == std::string::npos) return std::nullopt;
  const char* const end = name.data() + name.size();
  const char* next = name.data() + start + kOpening.size();
  std::size_t digits = 0;
  if (end - next > 2 && next[0] == ':' && next[1] == '0') {
    const auto [rest, error] = std::from_chars(next + 2, end, digits);
    if (error != std::errc() || digits > kMostDigits) return std::nullopt;
    next = rest;
  }
  if (next == end || *next != '}') return std::nullopt;
  return SamplePattern{name.substr(0, start), std::string(next + 1, end), digits};
}

}  // namespace tessera::dataset
