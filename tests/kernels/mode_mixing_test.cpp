#include "kernels/mode_mixing.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "tests/kernels/levels.hpp"

namespace tessera::kernels {
namespace {

using Wide = std::complex<double>;

class Mixing : public test::EveryLevel {};

template <class T>
void expect_near(const std::vector<std::complex<T>>& found, const std::vector<Wide>& expected, Index terms) {
  const double bound = 8 * std::numeric_limits<T>::epsilon() * static_cast<double>(terms + 1);
  for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_LT(std::abs(Wide(found[i]) - expected[i]), bound) << i;
}

template <class T>
void check(const ModeMixing& s) {
  SCOPED_TRACE(testing::Message() << s.batch << " " << s.in << " " << s.out << " " << s.modes);
  test::Values values;
  const auto x = values.array<std::complex<T>>(s.batch * s.in * s.modes);
  const auto r = values.array<std::complex<T>>(s.in * s.out * s.modes);
  const auto gy = values.array<std::complex<T>>(s.batch * s.out * s.modes);
  std::vector<Wide> y(gy.size()), gx(x.size()), gr(r.size());
  for (Index b = 0; b < s.batch; ++b) {
    for (Index i = 0; i < s.in; ++i) {
      for (Index o = 0; o < s.out; ++o) {
        for (Index k = 0; k < s.modes; ++k) {
          const Index at_x = (b * s.in + i) * s.modes + k, at_y = (b * s.out + o) * s.modes + k;
          const Index at_r = (i * s.out + o) * s.modes + k;
          y[at_y] += Wide(x[at_x]) * Wide(r[at_r]);
          gx[at_x] += Wide(gy[at_y]) * std::conj(Wide(r[at_r]));
          gr[at_r] += Wide(gy[at_y]) * std::conj(Wide(x[at_x]));
        }
      }
    }
  }
  const std::complex<T> stale(9, 9);
  std::vector<std::complex<T>> got_y(y.size(), stale), got_gx(gx.size(), stale), got_gr(gr.size(), stale);
  mix_modes(s, x.data(), r.data(), got_y.data());
  mix_modes_adjoint_input(s, gy.data(), r.data(), got_gx.data());
  mix_modes_adjoint_weight(s, gy.data(), x.data(), got_gr.data());
  expect_near(got_y, y, s.in);
  expect_near(got_gx, gx, s.out);
  expect_near(got_gr, gr, s.batch);
  // Once more on top of what is there.
  mix_modes_adjoint_weight(s, gy.data(), x.data(), got_gr.data(), true);
  for (Wide& value : gr) value *= 2;
  expect_near(got_gr, gr, 2 * s.batch);
}

TEST_P(Mixing, AgreesWithLoops) {
  for (const ModeMixing& sizes : {ModeMixing{1, 20, 20, 100},
                                  {2, 3, 5, 7},
                                  {3, 4, 2, 600},
                                  {1, 1, 1, 1},
                                  {8, 5, 6, 33},
                                  {0, 3, 3, 9},
                                  {2, 0, 3, 9},
                                  {2, 3, 0, 9},
                                  {2, 3, 3, 0}}) {
    check<float>(sizes);
    check<double>(sizes);
  }
  for (Index modes = 1; modes < 70; ++modes) check<float>({2, 3, 2, modes});
}

INSTANTIATE_TEST_SUITE_P(Levels, Mixing, testing::ValuesIn(simd_levels()), test::level_name);

}  // namespace
}  // namespace tessera::kernels
