#pragma once

/// \file
/// A slab of planes on a device, as a tile of a pass.

#include <vector>

#include "kernels/product_precision.hpp"
#include "models/engine/backends/device_field.hpp"
#include "models/engine/backends/slab_transform.hpp"
#include "models/engine/engine_tile.hpp"
#include "models/engine/pointwise_weights.hpp"

namespace tessera::engine {

/// What all tiles of an engine on a device share: weights, sums, and memory that is used again by the next tile, since
/// the device's stream keeps them in order.
template <RealScalar T>
struct DeviceWork {
  DeviceWork(const FnoPart& of, Index at_step, const Device& on);

  /// Sums of a sample, and of all samples, in the order of `layout`.
  double* sums_of_sample(Index sample) { return sums.data() + sample * layout.size(); }
  double* sums_of_all() { return sums_of_sample(samples); }
  /// The sample's squares of error and target.
  double* norms(Index sample) { return sums_of_sample(samples + 1) + 2 * sample; }
  /// All of them, for `samples` samples.
  Index sum_count() const { return (samples + 1) * layout.size() + 2 * samples; }
  /// Where a part of `layout` begins.
  Index at(const double* part_of_layout) { return part_of_layout - layout.data(); }

  /// Whether what is kept between passes is rounded to BFloat16.
  bool rounds() const { return part.config.activation_type == ActivationType::bfloat16; }

  /// Adds the addresses of all weights and of all memory to a key.
  void identify(std::vector<std::uint64_t>& key) const;

  FnoPart part;
  Index first_step;
  Device device;
  PointwiseWeights<T> weights;
  GradientSums layout;
  Index samples = 0;
  Storage<double> sums, unwanted_sums;

  Storage<T> v[2], kept_v, g[2], exact;
  Storage<T> time, time_slope, channel_slope, time_gradient, scaled_weight;
  std::vector<Storage<T>> z;  ///< per block, in either type
  typename SlabTransform<T>::Work transform;
};

/// A slab of one sample in a pass.
template <RealScalar T>
struct DeviceSlab {
  using Complex = std::complex<T>;
  struct Source {
    const Complex* rows;
    ModeScaling scaling;
  };

  Index sample, first, count;
  Index sample_cells;
  SlabTransform<T>& transform;
  const std::vector<Source>& sources;
  Complex* result;
  ModeScaling result_scaling;
  DeviceField<T>&input, &target, &output, &input_gradient;
};

/// Arrays are [width][x][other grid axes], in the device's memory.
template <RealScalar T>
class DeviceTile final : public EngineTile<T> {
 public:
  using Values = TileValues<T>;

  DeviceTile(DeviceWork<T>& work, const DeviceSlab<T>& slab);

  /// What is stored is read and written at the speed of memory, whenever it was asked for.
  void expect(const Values&, const Values&) override {}
  Values kept_v() override { return {array(work_.kept_v)}; }
  Values exact(const Values& values) override;

  Values lift(bool keep_slopes, const Values& v) override;
  Values block(Index block, std::size_t source, const Values& v, const Values& z, const Values& next,
               bool keep_slope) override;
  Values activate(Index block, const Values& z, bool for_products) override;
  void analyse(const Values& v) override;
  void project(const Values& v) override;

  Values head_backward(const typename EngineTile<T>::OutputGradient& gradient, const Values& v, bool first_time,
                       const Values& gz) override;
  void add_weight_gradient(Index block, const Values& gz, const Values& v, bool of_sample) override;
  Values pull_back(Index block, std::size_t source, const double* factor, const Values& gz, const Values& gv) override;
  void lift_backward(const Values& gv, bool wants_input_gradient) override;

 private:
  /// Memory of the tile's size.
  T* array(Storage<T>& storage);
  /// One of two that does not hold `other`.
  T* beside(Storage<T> (&pair)[2], const T* other);
  bool rounded(const Values& values) const { return values.stored && work_.rounds(); }
  /// The destination where it is exact, else memory of the tile's own.
  T* exact_place(const Values& destination, Storage<T>& own);
  void copy(const Values& from, const Values& to);
  void synthesise(std::size_t source, T* v);
  void project_backward(const typename EngineTile<T>::OutputGradient& gradient, const T* v, bool first_time, T* gv);
  const T* scaled(const T* weight, const double* factor);
  const T* lift_time(bool keep_slopes);

  const FnoConfig& config() const { return work_.part.config; }
  kernels::Products products() const {
    return config().products == ProductPrecision::tensor_float32 ? kernels::Products::tensor_float32
                                                                 : kernels::Products::float32;
  }
  const Stream& stream() const { return work_.device.stream(); }
  /// Lines of the time axis in the slab, of all input channels.
  Index time_lines() const { return config().in_channels * (cells_ / time_cells_); }

  DeviceWork<T>& work_;
  const DeviceSlab<T>& slab_;
  Index cells_, size_, time_cells_;
  std::vector<Values> kept_z_;  ///< per block, where its slope is kept: z
};

}  // namespace tessera::engine
