#include "tessera/core/random.hpp"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>
#include <numeric>
#include <string>
#include <utility>

#include "tessera/core/error.hpp"

namespace tessera {

namespace {

/// FNV-1a, so that a stream's name has the same number on every platform.
std::uint64_t hash_of(std::string_view name) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char letter : name) hash = (hash ^ static_cast<unsigned char>(letter)) * 1099511628211ULL;
  return hash;
}

struct Pair {
  std::uint64_t first, second;
};

Pair draw(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
  using Generator = r123::Philox4x32;
  const auto low = [](std::uint64_t value) { return static_cast<std::uint32_t>(value); };
  const auto high = [](std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); };
  const Generator::ctr_type counter{{low(index), high(index), low(stream), high(stream)}};
  const Generator::key_type key{{low(seed), high(seed)}};
  const auto words = Generator{}(counter, key);
  return {words[0] | static_cast<std::uint64_t>(words[1]) << 32, words[2] | static_cast<std::uint64_t>(words[3]) << 32};
}

/// The top 53 bits as a double in [0, 1).
double to_unit(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1.0p-53; }

}  // namespace

RandomStream::RandomStream(std::uint64_t seed, std::string_view name) : seed_(seed), stream_(hash_of(name)) {}

std::uint64_t RandomStream::bits(std::uint64_t index) const { return draw(seed_, stream_, index).first; }

double RandomStream::uniform(std::uint64_t index) const { return to_unit(bits(index)); }

double RandomStream::normal(std::uint64_t index) const {
  const Pair words = draw(seed_, stream_, index);
  // 1 - u lies in (0, 1], so the logarithm is finite.
  const double radius = std::sqrt(-2.0 * std::log(1.0 - to_unit(words.first)));
  return radius * std::cos(2.0 * std::numbers::pi * to_unit(words.second));
}

std::vector<Index> RandomStream::permutation(Index count) const {
  if (count < 0)
    throw ArgumentError("RandomStream::permutation: no permutation of " + std::to_string(count) + " items");
  std::vector<Index> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), Index{0});
  for (Index last = count - 1; last > 0; --last) {
    const auto other =
        static_cast<Index>(bits(static_cast<std::uint64_t>(last)) % static_cast<std::uint64_t>(last + 1));
    std::swap(order[static_cast<std::size_t>(last)], order[static_cast<std::size_t>(other)]);
  }
  return order;
}

}  // namespace tessera
