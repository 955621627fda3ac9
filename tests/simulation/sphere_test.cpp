#include "tessera/simulation/sphere.hpp"

#include <gtest/gtest.h>

namespace tessera {
namespace {

constexpr Point kLengths{4.0, 3.0, 2.0};

TEST(SolidFraction, SharpSphereIsBinary) {
  const Sphere sphere{{1.0, 1.0, 1.0}, 0.5};
  EXPECT_EQ(solid_fraction(sphere, {1.0, 1.0, 1.0}, kLengths, 0.0), 1.0);
  EXPECT_EQ(solid_fraction(sphere, {1.5, 1.0, 1.0}, kLengths, 0.0), 1.0);
  EXPECT_EQ(solid_fraction(sphere, {1.0, 1.0, 1.5001}, kLengths, 0.0), 0.0);
}

TEST(SolidFraction, SmoothSurfaceIsHalfAtTheRadiusAndMonotonic) {
  const Sphere sphere{{1.0, 1.0, 1.0}, 0.5};
  EXPECT_DOUBLE_EQ(solid_fraction(sphere, {1.0, 1.5, 1.0}, kLengths, 0.2), 0.5);
  EXPECT_EQ(solid_fraction(sphere, {1.0, 1.39, 1.0}, kLengths, 0.2), 1.0);
  EXPECT_EQ(solid_fraction(sphere, {1.0, 1.61, 1.0}, kLengths, 0.2), 0.0);
  EXPECT_GT(solid_fraction(sphere, {1.0, 1.45, 1.0}, kLengths, 0.2), 0.5);
}

TEST(SolidFraction, SeesTheNearestPeriodicImage) {
  const Sphere sphere{{0.1, 2.9, 1.9}, 0.5};
  EXPECT_EQ(solid_fraction(sphere, {3.9, 0.1, 0.1}, kLengths, 0.0), 1.0);
  EXPECT_EQ(solid_fraction(sphere, {2.1, 1.4, 0.9}, kLengths, 0.0), 0.0);
}

}  // namespace
}  // namespace tessera
