#include "tessera/training/normaliser.hpp"

#include <cmath>
#include <string>

#include "tessera/core/error.hpp"
#include "tensor/sample_rows.hpp"

namespace tessera {

namespace {

Shape batch_shape(Index batch, const Shape& sample) {
  Shape shape{batch};
  shape.insert(shape.end(), sample.begin(), sample.end());
  return shape;
}

/// Running mean and sum of squared deviations per channel (Chan, Golub, LeVeque 1979).
class ChannelMoments {
 public:
  explicit ChannelMoments(Index channels) : mean_(static_cast<std::size_t>(channels), 0.0), deviations_(mean_) {}

  void add(const DistTensor<double>& sample) {
    const auto channels = static_cast<Index>(mean_.size());
    const double count = static_cast<double>(volume(sample.shape())) / static_cast<double>(channels);
    std::vector<double> mean(mean_.size(), 0.0);
    for_each_channel(sample, [&](Index channel, Index offset, Index length) {
      for (Index i = offset; i < offset + length; ++i) mean[static_cast<std::size_t>(channel)] += sample.data()[i];
    });
    sample.communicator().all_sum(mean.data(), channels);
    for (double& value : mean) value /= count;
    std::vector<double> deviations(mean_.size(), 0.0);
    for_each_channel(sample, [&](Index channel, Index offset, Index length) {
      const auto c = static_cast<std::size_t>(channel);
      for (Index i = offset; i < offset + length; ++i) {
        deviations[c] += (sample.data()[i] - mean[c]) * (sample.data()[i] - mean[c]);
      }
    });
    sample.communicator().all_sum(deviations.data(), channels);
    for (std::size_t c = 0; c < mean_.size(); ++c) {
      const double shift = mean[c] - mean_[c];
      deviations_[c] += deviations[c] + shift * shift * count_ * count / (count_ + count);
      mean_[c] += shift * count / (count_ + count);
    }
    count_ += count;
  }

  Normaliser result() const {
    Normaliser normaliser{mean_, {}};
    for (const double sum : deviations_) {
      const double deviation = std::sqrt(sum / count_);
      normaliser.deviation.push_back(deviation > 0.0 ? deviation : 1.0);
    }
    return normaliser;
  }

 private:
  std::vector<double> mean_;
  std::vector<double> deviations_;
  double count_ = 0.0;
};

template <class T>
void check_channels(const Normaliser& normaliser, const DistTensor<T>& x) {
  if (x.shape().size() < 2 || x.shape()[1] != static_cast<Index>(normaliser.mean.size())) {
    throw ShapeError("Normaliser: fitted on " + std::to_string(normaliser.mean.size()) + " channels, got " +
                     to_string(x.shape()));
  }
}

}  // namespace

Normaliser Normaliser::identity(Index channels) {
  const auto count = static_cast<std::size_t>(channels);
  return {std::vector<double>(count, 0.0), std::vector<double>(count, 1.0)};
}

template <RealScalar T>
void Normaliser::normalise(DistTensor<T>& x) const {
  check_channels(*this, x);
  for_each_channel(x, [&](Index channel, Index offset, Index length) {
    const T shift = static_cast<T>(mean[static_cast<std::size_t>(channel)]);
    const T factor = static_cast<T>(1.0 / deviation[static_cast<std::size_t>(channel)]);
    for (Index i = offset; i < offset + length; ++i) x.data()[i] = (x.data()[i] - shift) * factor;
  });
}

template <RealScalar T>
void Normaliser::restore(DistTensor<T>& x) const {
  check_channels(*this, x);
  for_each_channel(x, [&](Index channel, Index offset, Index length) {
    const T shift = static_cast<T>(mean[static_cast<std::size_t>(channel)]);
    const T factor = static_cast<T>(deviation[static_cast<std::size_t>(channel)]);
    for (Index i = offset; i < offset + length; ++i) x.data()[i] = x.data()[i] * factor + shift;
  });
}

NormaliserPair fit_normalisers(const SampleSource& source, const Partition& partition,
                               const std::function<void(Index)>& after_sample) {
  if (source.sample_count() == 0) throw ArgumentError("fit_normalisers: the data set has no samples");
  ChannelMoments inputs(source.input_shape().front());
  ChannelMoments outputs(source.output_shape().front());
  DistTensor<double> input({batch_shape(1, source.input_shape()), partition});
  DistTensor<double> output({batch_shape(1, source.output_shape()), partition});
  for (Index sample = 0; sample < source.sample_count(); ++sample) {
    source.read(std::span(&sample, 1), input, output);
    inputs.add(input);
    outputs.add(output);
    if (after_sample) after_sample(sample + 1);
  }
  return {inputs.result(), outputs.result()};
}

template void Normaliser::normalise(DistTensor<float>&) const;
template void Normaliser::normalise(DistTensor<double>&) const;
template void Normaliser::restore(DistTensor<float>&) const;
template void Normaliser::restore(DistTensor<double>&) const;

}  // namespace tessera
