#include "tessera/spectral/spectral_grid.hpp"

#include <gtest/gtest.h>

#include "tessera/core/error.hpp"

namespace tessera {
namespace {

TEST(SpectralGrid, KeepsBothCornersOfEveryAxisButTheLast) {
  const SpectralGrid spectral({8, 7, 9}, {2, 3, 4});
  EXPECT_EQ(spectral.rank(), 3u);
  EXPECT_EQ(spectral.kept(), (Shape{4, 6, 4}));
  EXPECT_EQ(spectral.frequencies(0), (std::vector<Index>{0, 1, 6, 7}));
  EXPECT_EQ(spectral.frequencies(1), (std::vector<Index>{0, 1, 2, 4, 5, 6}));
  EXPECT_EQ(spectral.frequencies(2), (std::vector<Index>{0, 1, 2, 3}));
}

TEST(SpectralGrid, DoublesTheModesWhoseConjugatesAreNotStored) {
  const SpectralGrid even({6, 8}, {3, 5});
  EXPECT_EQ(even.inverse_weights(0), std::vector<double>(6, 1.0 / 6));
  EXPECT_EQ(even.inverse_weights(1), (std::vector<double>{0.125, 0.25, 0.25, 0.25, 0.125}));
  const SpectralGrid odd({5}, {3});
  EXPECT_EQ(odd.inverse_weights(0), (std::vector<double>{0.2, 0.4, 0.4}));
  EXPECT_EQ(SpectralGrid({1}, {1}).inverse_weights(0), (std::vector<double>{1.0}));
}

TEST(SpectralGrid, KeepsUpToNyquist) {
  EXPECT_NO_THROW(SpectralGrid({8}, {5}));
  EXPECT_NO_THROW(SpectralGrid({7}, {4}));
  EXPECT_NO_THROW(SpectralGrid({8, 8}, {4, 5}));
  EXPECT_NO_THROW(SpectralGrid({7, 1}, {3, 1}));
}

TEST(SpectralGrid, RefusesModesPastNyquist) {
  EXPECT_THROW(SpectralGrid({8}, {6}), FftError);
  EXPECT_THROW(SpectralGrid({7}, {5}), FftError);
  EXPECT_THROW(SpectralGrid({8, 8}, {5, 4}), FftError);
  EXPECT_THROW(SpectralGrid({7, 8}, {4, 4}), FftError);
  EXPECT_THROW(SpectralGrid({1, 8}, {1, 4}), FftError);
}

TEST(SpectralGrid, RefusesWhatIsNoGrid) {
  EXPECT_THROW(SpectralGrid({}, {}), FftError);
  EXPECT_THROW(SpectralGrid({4, 4, 4, 4, 4}, {1, 1, 1, 1, 1}), FftError);
  EXPECT_THROW(SpectralGrid({4, 4}, {1}), FftError);
  EXPECT_THROW(SpectralGrid({8}, {0}), FftError);
  EXPECT_THROW(SpectralGrid({0}, {1}), FftError);
  EXPECT_THROW(SpectralGrid({-4}, {1}), FftError);
}

TEST(SpectralGrid, NamesTheAxisAndItsLimit) {
  try {
    SpectralGrid({8, 8}, {5, 4});
    FAIL();
  } catch (const FftError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("axis 0 of length 8 can keep 1 to 4 modes"), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace tessera
