#pragma once

/// \file
/// Counter-based random numbers (Philox4x32-10; Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
/// A number depends on its key and its global index alone, so every rank count draws the same tensors.

#include <cstdint>
#include <string_view>
#include <vector>

#include "tessera/core/shape.hpp"

namespace tessera {

/// A stream of random numbers that can be read at any index, in any order, on any rank.
class RandomStream {
 public:
  /// Streams with different seeds or names are independent.
  RandomStream(std::uint64_t seed, std::string_view name);

  /// 64 random bits at `index`.
  std::uint64_t bits(std::uint64_t index) const;

  /// Uniform on [0, 1).
  double uniform(std::uint64_t index) const;

  /// Standard normal (Box-Muller).
  double normal(std::uint64_t index) const;

  /// A uniformly drawn permutation of 0..count-1 (Fisher-Yates).
  std::vector<Index> permutation(Index count) const;

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
};

}  // namespace tessera
