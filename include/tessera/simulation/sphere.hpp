#pragma once

/// \file
/// The obstacle: a fixed sphere in a periodic box.

#include <array>

namespace tessera {

/// A point of the box, or a vector.
using Point = std::array<double, 3>;

struct Sphere {
  Point centre;
  double radius;
};

/// Share of solid at a point: 1 inside the sphere, 0 outside, and over a layer of `width` around its surface the cubic
/// s^2 (3 - 2 s) of s = 1/2 + (radius - distance) / width. With width 0 exactly 1 where distance <= radius, else 0.
/// The distance is the one to the nearest periodic image of the centre; the box has the periods `lengths`.
double solid_fraction(const Sphere& sphere, const Point& point, const Point& lengths, double width);

}  // namespace tessera
