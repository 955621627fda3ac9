#pragma once

#include <algorithm>
#include <string>

#include "tessera/io/canvas.hpp"

namespace tessera::testing_support {

/// The message of the error of the given kind that the call throws; empty when it throws none.
template <typename Kind, typename Call>
std::string message_of(Call&& call) {
  try {
    call();
  } catch (const Kind& error) {
    return error.what();
  }
  return {};
}

/// The smallest box that holds every pixel of some kind, and their number.
struct Extent {
  Index count = 0, left = 1 << 20, right = -1, top = 1 << 20, bottom = -1;

  void include(Index x, Index y) {
    ++count;
    left = std::min(left, x);
    right = std::max(right, x);
    top = std::min(top, y);
    bottom = std::max(bottom, y);
  }
};

template <typename Predicate>
Extent extent_of(const Canvas& canvas, Predicate&& belongs) {
  Extent extent;
  for (Index y = 0; y < canvas.height(); ++y) {
    for (Index x = 0; x < canvas.width(); ++x) {
      if (belongs(canvas.pixel(x, y))) extent.include(x, y);
    }
  }
  return extent;
}

inline Extent extent_of(const Canvas& canvas, Color color) {
  return extent_of(canvas, [&](Color pixel) { return pixel == color; });
}

}  // namespace tessera::testing_support
