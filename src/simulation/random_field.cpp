#include "tessera/simulation/random_field.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tessera/core/error.hpp"
#include "tessera/core/random.hpp"

namespace tessera {

namespace {

void require(bool holds, const std::string& name, const std::string& expected, double found) {
  if (!holds) throw ConfigError("random field: " + name + " must be " + expected + ", got " + std::to_string(found));
}

/// The next number that has no prime factors but 2, 3 and 5: a fast length of transforms.
Index fast_length(Index at_least) {
  for (Index length = at_least;; ++length) {
    Index rest = length;
    for (const Index prime : {2, 3, 5}) {
      while (rest % prime == 0) rest /= prime;
    }
    if (rest == 1) return length;
  }
}

double covariance_at(const RandomFieldSettings& settings, double r) {
  switch (settings.covariance) {
    case Covariance::gaussian: return std::exp(-r * r);
    case Covariance::exponential: return std::exp(-r);
    case Covariance::von_karman: break;
  }
  const double h = settings.hurst;
  return r == 0.0 ? 1.0 : std::exp2(1.0 - h) / std::tgamma(h) * std::pow(r, h) * std::cyl_bessel_k(h, r);
}

/// All frequencies of a line; weight 1 / length makes the synthesis the inverse of the analysis.
FourierLine whole_line(Index length) {
  FourierLine line{length, {0, length}, std::vector<Index>(static_cast<std::size_t>(length)), {}};
  std::iota(line.frequencies.begin(), line.frequencies.end(), Index{0});
  line.inverse_weights.assign(line.frequencies.size(), 1.0 / static_cast<double>(length));
  return line;
}

}  // namespace

void RandomFieldSettings::validate() const {
  if (grid.size() != 3) {
    throw ConfigError("random field: grid must have three extents (x, y, z), got " + to_string(grid));
  }
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::string of_axis = " of axis " + std::to_string(axis);
    require(grid[axis] >= 1, "grid" + of_axis, "at least 1", static_cast<double>(grid[axis]));
    require(std::isfinite(spacing[axis]) && spacing[axis] > 0.0, "spacing" + of_axis, "positive", spacing[axis]);
    require(std::isfinite(correlation_lengths[axis]) && correlation_lengths[axis] > 0.0, "correlation length" + of_axis,
            "positive", correlation_lengths[axis]);
  }
  require(hurst > 0.0 && hurst <= 1.0, "hurst", "in (0, 1]", hurst);
}

RandomField::RandomField(const RandomFieldSettings& settings) : settings_(settings) {
  settings_.validate();
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double padding = std::ceil(kPadding * settings_.correlation_lengths[axis] / settings_.spacing[axis]);
    require(padding < 1e6, "correlation length of axis " + std::to_string(axis), "fewer than 200000 cells",
            padding / kPadding);
    periodic_.push_back(fast_length(settings_.grid[axis] + static_cast<Index>(padding)));
    axes_.push_back(make_axis_transform<double>(whole_line(periodic_[axis])));
  }
  const Index cells = volume(periodic_);
  std::vector<Complex> spectrum(static_cast<std::size_t>(cells));
  for (Index cell = 0; cell < cells; ++cell) {
    const Index place[] = {cell / periodic_[2] / periodic_[1], cell / periodic_[2] % periodic_[1], cell % periodic_[2]};
    double squared = 0.0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const auto lag = static_cast<double>(std::min(place[axis], periodic_[axis] - place[axis]));
      squared += std::pow(lag * settings_.spacing[axis] / settings_.correlation_lengths[axis], 2);
    }
    spectrum[static_cast<std::size_t>(cell)] = covariance_at(settings_, std::sqrt(squared));
  }
  transform(spectrum, false);
  double kept = 0.0, lost = 0.0;
  for (const Complex& eigenvalue : spectrum) (eigenvalue.real() > 0.0 ? kept : lost) += std::abs(eigenvalue.real());
  clipped_ = lost / kept;
  // The mean of the eigenvalues is the variance.
  const double scale = static_cast<double>(cells) / kept;
  for (const Complex& eigenvalue : spectrum) amplitude_.push_back(std::sqrt(scale * std::max(eigenvalue.real(), 0.0)));
}

RandomField::~RandomField() = default;

std::vector<double> RandomField::draw(std::uint64_t seed, const std::string& stream, Index sample) const {
  if (sample < 0) {
    throw ArgumentError("RandomField: the number of a sample must not be negative, got " + std::to_string(sample));
  }
  const RandomStream noise(seed, stream);
  std::vector<Complex> values(amplitude_.size());
  const std::uint64_t first = static_cast<std::uint64_t>(sample) * values.size();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = noise.normal(first + i);
  transform(values, false);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] *= amplitude_[i];
  transform(values, true);

  const Shape& grid = settings_.grid;
  std::vector<double> field;
  field.reserve(static_cast<std::size_t>(volume(grid)));
  for (Index x = 0; x < grid[0]; ++x) {
    for (Index y = 0; y < grid[1]; ++y) {
      const auto row = static_cast<std::size_t>((x * periodic_[1] + y) * periodic_[2]);
      for (Index z = 0; z < grid[2]; ++z) field.push_back(values[row + static_cast<std::size_t>(z)].real());
    }
  }
  return field;
}

void RandomField::transform(std::vector<Complex>& values, bool inverse) const {
  std::vector<Complex> result(values.size());
  Index outer = 1, inner = volume(periodic_);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    inner /= periodic_[axis];
    if (inverse) {
      axes_[axis]->synthesise(ModeScaling::inverse, outer, inner, values.data(), result.data());
    } else {
      axes_[axis]->analyse(ModeScaling::unit, outer, inner, values.data(), result.data());
    }
    values.swap(result);
    outer *= periodic_[axis];
  }
}

}  // namespace tessera
