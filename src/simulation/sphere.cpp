#include "tessera/simulation/sphere.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace tessera {

double solid_fraction(const Sphere& sphere, const Point& point, const Point& lengths, double width) {
  double square = 0.0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double offset = std::remainder(point[axis] - sphere.centre[axis], lengths[axis]);
    square += offset * offset;
  }
  const double depth = sphere.radius - std::sqrt(square);
  if (width == 0.0) return depth >= 0.0 ? 1.0 : 0.0;
  const double s = std::clamp(0.5 + depth / width, 0.0, 1.0);
  return s * s * (3.0 - 2.0 * s);
}

}  // namespace tessera
