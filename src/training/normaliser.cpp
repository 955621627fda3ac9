#include "tessera/training/normaliser.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "core/run_on.hpp"
#include "kernels/elementwise.hpp"
#include "tessera/core/buffer.hpp"
#include "tessera/core/error.hpp"
#include "tessera/training/slabs.hpp"

namespace tessera {

namespace {

/// Calls body(channel, offset, length) for each contiguous run of one channel in the values of a box.
template <class Body>
void for_each_channel(const Box& box, Body&& body) {
  if (box.empty()) return;
  const Index rows = box.extent[0] * box.extent[1];
  const Index length = box.volume() / rows;
  for (Index row = 0; row < rows; ++row) body(box.start[1] + row % box.extent[1], row * length, length);
}

/// Running mean and sum of squared deviations per channel (Chan, Golub, LeVeque 1979), of what this rank has seen.
class ChannelMoments {
 public:
  explicit ChannelMoments(Index channels) : channels_(static_cast<std::size_t>(channels)) {}

  void add(const Box& box, const double* values) {
    for_each_channel(box, [&](Index channel, Index offset, Index length) {
      const double* run = values + offset;
      const double count = static_cast<double>(length);
      const double mean = std::accumulate(run, run + length, 0.0) / count;
      double deviations = 0.0;
      for (Index i = 0; i < length; ++i) deviations += (run[i] - mean) * (run[i] - mean);
      Moments& total = channels_[static_cast<std::size_t>(channel)];
      const double shift = mean - total.mean;
      total.deviations += deviations + shift * shift * total.count * count / (total.count + count);
      total.mean += shift * count / (total.count + count);
      total.count += count;
    });
  }

  /// What all ranks have seen together. Collective.
  Normaliser result(const Communicator& communicator) const {
    std::vector<double> sums;
    for (const Moments& moments : channels_) {
      sums.push_back(moments.count);
      sums.push_back(moments.count * moments.mean);
    }
    communicator.all_sum(sums.data(), static_cast<Index>(sums.size()));
    Normaliser normaliser;
    std::vector<double> deviations;
    for (std::size_t c = 0; c < channels_.size(); ++c) {
      normaliser.mean.push_back(sums[2 * c + 1] / sums[2 * c]);
      const double shift = channels_[c].mean - normaliser.mean.back();
      deviations.push_back(channels_[c].deviations + channels_[c].count * shift * shift);
    }
    communicator.all_sum(deviations.data(), static_cast<Index>(deviations.size()));
    for (std::size_t c = 0; c < channels_.size(); ++c) {
      const double deviation = std::sqrt(deviations[c] / sums[2 * c]);
      normaliser.deviation.push_back(deviation > 0.0 ? deviation : 1.0);
    }
    return normaliser;
  }

 private:
  struct Moments {
    double count = 0.0, mean = 0.0, deviations = 0.0;
  };
  std::vector<Moments> channels_;
};

/// Reads this rank's tile of a field slab by slab; `after(share)` is told how much of it is done.
void add_tile(const FieldReader<double>& field, const Box& tile, ChannelMoments& moments, Buffer<double>& values,
              const std::function<void(double)>& after) {
  Index done = 0;
  for (const Box& slab : slabs(tile)) {
    values.require(slab.volume());
    field.read(slab, values.data());
    moments.add(slab, values.data());
    done += slab.volume();
    after(static_cast<double>(done) / static_cast<double>(tile.volume()));
  }
}

/// What a channel's values are multiplied by, and what is added then.
struct AffineMap {
  double factor, shift;
};

struct NormalisingMap {
  const Normaliser& normaliser;

  AffineMap operator()(Index channel) const {
    const double factor = 1.0 / normaliser.deviation[static_cast<std::size_t>(channel)];
    return {factor, -normaliser.mean[static_cast<std::size_t>(channel)] * factor};
  }
};

struct RestoringMap {
  const Normaliser& normaliser;

  AffineMap operator()(Index channel) const {
    return {normaliser.deviation[static_cast<std::size_t>(channel)],
            normaliser.mean[static_cast<std::size_t>(channel)]};
  }
};

/// Applies map_of(channel) to the values of a box, which lie on `device`.
template <class T, class MapOf>
void map_channels(const Device& device, const Box& box, T* values, const MapOf& map_of) {
  run_on(device, [&](const auto&... stream) {
    for_each_channel(box, [&](Index channel, Index offset, Index length) {
      const AffineMap map = map_of(channel);
      kernels::affine(stream..., length, static_cast<T>(map.factor), static_cast<T>(map.shift), values + offset);
    });
  });
}

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
void Normaliser::normalise(const Box& box, T* values) const {
  map_channels({}, box, values, NormalisingMap{*this});
}

template <RealScalar T>
void Normaliser::restore(const Box& box, T* values) const {
  map_channels({}, box, values, RestoringMap{*this});
}

template <RealScalar T>
void Normaliser::normalise(DistTensor<T>& x) const {
  check_channels(*this, x);
  map_channels(x.device(), x.box(), x.data(), NormalisingMap{*this});
}

template <RealScalar T>
void Normaliser::restore(DistTensor<T>& x) const {
  check_channels(*this, x);
  map_channels(x.device(), x.box(), x.data(), RestoringMap{*this});
}

NormaliserPair fit_normalisers(const SampleSource& source, const Partition& partition,
                               const std::function<void(double)>& progress) {
  const Index total = source.sample_count();
  if (total == 0) throw ArgumentError("fit_normalisers: the data set has no samples");
  const Communicator& communicator = *partition.communicator();
  ChannelMoments inputs(source.input_shape().front());
  ChannelMoments outputs(source.output_shape().front());
  Buffer<double> values;
  // As many samples at a time as there are ranks along the batch axis, so that none of them waits.
  const Index step = partition.grid().extents().front();
  for (Index first = 0; first < total; first += step) {
    std::vector<Index> samples(static_cast<std::size_t>(std::min(step, total - first)));
    std::iota(samples.begin(), samples.end(), first);
    const double count = static_cast<double>(samples.size());
    const auto report = [&](double share) {
      if (progress) progress(static_cast<double>(first) + share * count);
    };
    BatchFields<double> fields;
    source.open(samples, partition, fields);
    const Box input = partition.tile(fields.input->shape());
    const Box output = partition.tile(fields.output->shape());
    const double weight =
        static_cast<double>(input.volume()) / static_cast<double>(std::max<Index>(1, input.volume() + output.volume()));
    communicator.together([&] {
      add_tile(*fields.input, input, inputs, values, [&](double share) { report(weight * share); });
      add_tile(*fields.output, output, outputs, values, [&](double share) { report(weight + (1.0 - weight) * share); });
    });
    report(1.0);
  }
  return {inputs.result(communicator), outputs.result(communicator)};
}

#define TESSERA_INSTANTIATE(T)                               \
  template void Normaliser::normalise(DistTensor<T>&) const; \
  template void Normaliser::restore(DistTensor<T>&) const;   \
  template void Normaliser::normalise(const Box&, T*) const; \
  template void Normaliser::restore(const Box&, T*) const;
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
