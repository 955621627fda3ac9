#include "tessera/spectral/axis_transform.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "src/spectral/backends/fft_lines.hpp"
#include "tessera/core/error.hpp"
#include "tessera/core/random.hpp"

namespace tessera {
namespace {

template <class T>
class AxisTransformOf : public testing::Test {
 protected:
  using Complex = std::complex<T>;
  using Line = typename AxisTransform<T>::Line;
  static constexpr double kTolerance = std::is_same_v<T, float> ? 1e-5 : 1e-14;

  /// Deterministic numbers of order one.
  template <class U>
  static std::vector<U> numbers(Index count, const char* name) {
    const RandomStream stream(3, name);
    std::vector<U> values(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < values.size(); ++i) {
      if constexpr (ComplexScalar<U>) {
        values[i] = {static_cast<T>(stream.normal(2 * i)), static_cast<T>(stream.normal(2 * i + 1))};
      } else {
        values[i] = static_cast<T>(stream.normal(i));
      }
    }
    return values;
  }

  static Line line(Index length, std::vector<Index> frequencies, Range slab) {
    std::vector<double> weights;
    for (std::size_t k = 0; k < frequencies.size(); ++k) weights.push_back(0.5 + static_cast<double>(k));
    return {length, slab, std::move(frequencies), std::move(weights)};
  }

  static double scale(const Line& line, ModeScaling scaling, std::size_t k) {
    return scaling == ModeScaling::unit ? 1.0 : line.inverse_weights[k];
  }

  static std::complex<double> root(const Line& line, std::size_t k, Index n) {
    const double turn = static_cast<double>(line.frequencies[k] * (line.slab.start + n) % line.length);
    return std::polar(1.0, 2.0 * std::numbers::pi * turn / static_cast<double>(line.length));
  }

  /// The definition in AxisTransform's comment, term by term; `from` and `to` count cells and modes or the reverse.
  template <class U, class V>
  static std::vector<V> definition(const Line& line, ModeScaling scaling, bool analysis, Index outer, Index inner,
                                   const std::vector<U>& in) {
    const Index modes = static_cast<Index>(line.frequencies.size());
    const Index from = analysis ? line.slab.extent : modes;
    const Index to = analysis ? modes : line.slab.extent;
    std::vector<V> out;
    for (Index a = 0; a < outer; ++a) {
      for (Index r = 0; r < to; ++r) {
        for (Index c = 0; c < inner; ++c) {
          std::complex<double> sum = 0.0;
          for (Index j = 0; j < from; ++j) {
            const auto k = static_cast<std::size_t>(analysis ? r : j);
            const std::complex<double> phase = root(line, k, analysis ? j : r);
            const std::complex<double> value = in[static_cast<std::size_t>((a * from + j) * inner + c)];
            sum += scale(line, scaling, k) * (analysis ? std::conj(phase) : phase) * value;
          }
          if constexpr (ComplexScalar<V>) {
            out.push_back(static_cast<V>(sum));
          } else {
            out.push_back(static_cast<V>(sum.real()));
          }
        }
      }
    }
    return out;
  }

  template <class V>
  static double difference(const std::vector<V>& found, const std::vector<V>& expected) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    double largest = found.size() == expected.size() ? 0.0 : infinity;
    double size = 1.0;
    for (std::size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
      const double here = std::abs(std::complex<double>(found[i]) - std::complex<double>(expected[i]));
      largest = std::isnan(here) ? infinity : std::max(largest, here);
      size = std::max(size, static_cast<double>(std::abs(expected[i])));
    }
    return largest / size;
  }

  /// All four functions of one engine against the definition.
  static void expect_definition(const Line& line, TransformEngine engine, Index outer, Index inner) {
    const auto transform = make_axis_transform<T>(line, engine);
    const Index cells = outer * inner * line.slab.extent;
    const Index modes = outer * inner * static_cast<Index>(line.frequencies.size());
    const auto x = numbers<T>(cells, "x");
    const auto z = numbers<Complex>(cells, "z");
    const auto spectrum = numbers<Complex>(modes, "spectrum");
    SCOPED_TRACE("length " + std::to_string(line.length) + ", slab " + std::to_string(line.slab.start) + " + " +
                 std::to_string(line.slab.extent) + ", outer " + std::to_string(outer) + ", inner " +
                 std::to_string(inner));
    for (const ModeScaling scaling : {ModeScaling::unit, ModeScaling::inverse}) {
      std::vector<Complex> found(spectrum.size(), Complex(9, 9));
      transform->analyse(scaling, outer, inner, x.data(), found.data());
      EXPECT_LT(difference(found, definition<T, Complex>(line, scaling, true, outer, inner, x)), kTolerance);
      transform->analyse(scaling, outer, inner, z.data(), found.data());
      EXPECT_LT(difference(found, definition<Complex, Complex>(line, scaling, true, outer, inner, z)), kTolerance);
      std::vector<T> real(x.size(), T(9));
      transform->synthesise(scaling, outer, inner, spectrum.data(), real.data());
      EXPECT_LT(difference(real, definition<Complex, T>(line, scaling, false, outer, inner, spectrum)), kTolerance);
      std::vector<Complex> complex(z.size(), Complex(9, 9));
      transform->synthesise(scaling, outer, inner, spectrum.data(), complex.data());
      EXPECT_LT(difference(complex, definition<Complex, Complex>(line, scaling, false, outer, inner, spectrum)),
                kTolerance);
    }
  }
};

using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(AxisTransformOf, Precisions);

struct Lengths {
  Index length;
  std::vector<Index> frequencies;
};

/// Length 1, odd and even, low corner alone, both corners, Nyquist, a mode together with its conjugate.
std::vector<Lengths> lengths() {
  return {{1, {0}},       {2, {0, 1}},          {5, {0, 1, 2}},       {8, {0, 1, 2, 3, 4}},
          {7, {0, 1, 6}}, {8, {0, 1, 2, 6, 7}}, {12, {0, 1, 10, 11}}, {17, {0, 1, 2, 14, 15, 16}}};
}

TYPED_TEST(AxisTransformOf, BothEnginesFollowTheDefinition) {
  for (const auto& [length, frequencies] : lengths()) {
    const auto line = this->line(length, frequencies, {0, length});
    for (const TransformEngine engine : {TransformEngine::matrix, TransformEngine::fft, TransformEngine::automatic}) {
      if (engine == TransformEngine::fft && !FftLines<TypeParam>::available()) continue;
      for (const Index inner : {1, 2, 35}) this->expect_definition(line, engine, 3, inner);
      this->expect_definition(line, engine, 1, 1);
      this->expect_definition(line, engine, 0, 4);
      this->expect_definition(line, engine, 2, 0);
    }
  }
}

TYPED_TEST(AxisTransformOf, MatricesTileLongInnerAxes) {
  this->expect_definition(this->line(5, {0, 1, 4}, {0, 5}), TransformEngine::matrix, 2, 600);
}

TYPED_TEST(AxisTransformOf, FftsTakeAFewColumnsAtATime) {
  const auto line = this->line(5, {0, 1, 4}, {0, 5});
  if (FftLines<TypeParam>::available()) {
    this->expect_definition(line, TransformEngine::fft, 2, 2 * FftLines<TypeParam>::kMaxColumns + 1);
  } else {
    EXPECT_THROW(make_axis_transform<TypeParam>(line, TransformEngine::fft), FftError);
  }
}

TYPED_TEST(AxisTransformOf, MatricesTransformSlabs) {
  for (const Range slab : {Range{0, 3}, Range{3, 4}, Range{7, 2}, Range{9, 0}, Range{2, 1}}) {
    for (const Index inner : {1, 6}) {
      this->expect_definition(this->line(9, {0, 1, 2, 8}, slab), TransformEngine::matrix, 2, inner);
      this->expect_definition(this->line(9, {0, 1, 2, 8}, slab), TransformEngine::automatic, 2, inner);
    }
  }
}

TYPED_TEST(AxisTransformOf, SlabsSumToTheWholeLine) {
  const Index length = 10, inner = 3;
  const std::vector<Index> frequencies = {0, 1, 8, 9};
  const auto x = this->template numbers<TypeParam>(length * inner, "x");
  std::vector<std::complex<TypeParam>> whole(12), sum(12), part(12);
  make_axis_transform<TypeParam>(this->line(length, frequencies, {0, length}))
      ->analyse(ModeScaling::unit, 1, inner, x.data(), whole.data());
  for (Index p = 0; p < 4; ++p) {
    const Range slab = balanced_range(length, 4, p);
    make_axis_transform<TypeParam>(this->line(length, frequencies, slab))
        ->analyse(ModeScaling::unit, 1, inner, x.data() + slab.start * inner, part.data());
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += part[i];
  }
  EXPECT_LT(this->difference(sum, whole), this->kTolerance);
}

TYPED_TEST(AxisTransformOf, FftRefusesSlabs) {
  EXPECT_THROW(make_axis_transform<TypeParam>(this->line(8, {0, 1}, {0, 4}), TransformEngine::fft), FftError);
}

}  // namespace
}  // namespace tessera
