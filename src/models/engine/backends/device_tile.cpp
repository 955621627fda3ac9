#include "models/engine/backends/device_tile.hpp"

#include <type_traits>

#include "kernels/activation.hpp"
#include "kernels/copy.hpp"
#include "kernels/elementwise.hpp"
#include "kernels/pointwise_block.hpp"
#include "kernels/products.hpp"
#include "kernels/projection.hpp"
#include "models/engine/required_storage.hpp"

namespace tessera::engine {

namespace {

template <class T>
kernels::Projection<T> projection_of(const FnoConfig& config, const PointwiseWeights<T>& weights) {
  return {config.width,          config.hidden,           config.out_channels,  weights.project1_weight,
          weights.project1_bias, weights.project2_weight, weights.project2_bias};
}

// What an engine serves has no width whose values cannot be overwritten.
static_assert(kernels::kMostProjectedWidth <= kernels::kMostInPlaceWidth);

/// use(the address in the type of the values)
template <class T, class Use>
void in_type(T* address, bool rounded, Use&& use) {
  if constexpr (std::is_same_v<T, float>) {
    if (rounded) return use(reinterpret_cast<kernels::BFloat16*>(address));
  }
  use(address);
}

}  // namespace

template <RealScalar T>
DeviceWork<T>::DeviceWork(const FnoPart& of, Index at_step, const Device& on)
    : part(of), first_step(at_step), device(on), layout(of), z(static_cast<std::size_t>(of.config.blocks)) {}

template <RealScalar T>
void DeviceWork<T>::identify(std::vector<std::uint64_t>& key) const {
  const auto add = [&](const auto*... addresses) { (key.push_back(reinterpret_cast<std::uintptr_t>(addresses)), ...); };
  const auto add_storage = [&](const auto&... storages) { add(storages.data()...); };
  const PointwiseWeights<T>& w = weights;
  add(w.lift_time_weight, w.lift_time_bias, w.lift_channel_weight, w.lift_channel_bias, w.project1_weight,
      w.project1_bias, w.project2_weight, w.project2_bias);
  for (const T* weight : w.pointwise) add(weight);
  add_storage(sums, unwanted_sums, v[0], v[1], kept_v, g[0], g[1], exact, time, time_slope, channel_slope,
              time_gradient, scaled_weight, transform.slab, transform.stages[0], transform.stages[1]);
  for (const Storage<T>& of_block : z) add_storage(of_block);
}

template <RealScalar T>
DeviceTile<T>::DeviceTile(DeviceWork<T>& work, const DeviceSlab<T>& slab)
    : EngineTile<T>(slab.sample, (slab.sample * slab.sample_cells + slab.first * slab.transform.plane_cells()) *
                                     work.part.config.width),
      work_(work),
      slab_(slab),
      cells_(slab.count * slab.transform.plane_cells()),
      size_(cells_ * work.part.config.width),
      time_cells_(slab.transform.last_cells()),
      kept_z_(work.z.size()) {}

template <RealScalar T>
T* DeviceTile<T>::array(Storage<T>& storage) {
  require(work_.device, size_, storage);
  return storage.data();
}

template <RealScalar T>
T* DeviceTile<T>::beside(Storage<T> (&pair)[2], const T* other) {
  return array(pair[array(pair[0]) == other ? 1 : 0]);
}

template <RealScalar T>
T* DeviceTile<T>::exact_place(const Values& destination, Storage<T>& own) {
  return !destination || rounded(destination) ? array(own) : destination.address;
}

template <RealScalar T>
void DeviceTile<T>::copy(const Values& from, const Values& to) {
  if (!to || from.address == to.address) return;
  in_type(from.address, rounded(from), [&]<class From>(const From* source) {
    in_type(to.address, rounded(to), [&]<class To>(To* destination) {
      if constexpr (std::is_same_v<From, To>) {
        copy_async(stream(), size_, source, destination);
      } else {
        kernels::copy_converted<From, To>(stream(), size_, source, destination);
      }
    });
  });
}

template <RealScalar T>
auto DeviceTile<T>::exact(const Values& values) -> Values {
  if (!rounded(values)) return values;
  const Values result{array(work_.exact)};
  copy(values, result);
  return result;
}

template <RealScalar T>
void DeviceTile<T>::synthesise(std::size_t source, T* v) {
  const auto& from = slab_.sources[source];
  slab_.transform.synthesise(from.scaling, slab_.first, slab_.count, from.rows, v);
}

template <RealScalar T>
void DeviceTile<T>::analyse(const Values& v) {
  slab_.transform.analyse(slab_.result_scaling, slab_.first, slab_.count, v.address, slab_.result);
}

/// The lifted steps after their gelu; the input itself where time is not lifted.
template <RealScalar T>
const T* DeviceTile<T>::lift_time(bool keep_slopes) {
  const T* x = slab_.input.data();
  const Index steps = config().in_steps, values = time_lines() * time_cells_;
  if (steps == 0) return x;
  require(work_.device, values, work_.time);
  T* h = work_.time.data();
  kernels::apply_along_axis<T>(stream(), time_lines(), time_cells_, steps, 1,
                               work_.weights.lift_time_weight + work_.first_step * steps,
                               work_.weights.lift_time_bias + work_.first_step, x, h);
  if (keep_slopes) {
    require(work_.device, values, work_.time_slope);
    kernels::gelu_with_derivative<T>(stream(), values, h, h, work_.time_slope.data());
  } else {
    kernels::gelu<T>(stream(), values, h, h);
  }
  return h;
}

template <RealScalar T>
auto DeviceTile<T>::lift(bool keep_slopes, const Values& v) -> Values {
  const Values made{exact_place(v, work_.v[0])};
  if (!work_.part.has_lift) {
    copy({slab_.input.data()}, made);
  } else {
    const T* h = lift_time(keep_slopes);
    kernels::apply_along_axis<T>(stream(), 1, config().width, config().in_channels, cells_,
                                 work_.weights.lift_channel_weight, work_.weights.lift_channel_bias, h, made.address,
                                 products());
    if (keep_slopes) {
      kernels::gelu_with_derivative<T>(stream(), size_, made.address, made.address, array(work_.channel_slope));
    } else {
      kernels::gelu<T>(stream(), size_, made.address, made.address);
    }
  }
  copy(made, v);
  return made;
}

template <RealScalar T>
auto DeviceTile<T>::block(Index block, std::size_t source, const Values& v, const Values& z, const Values& next,
                          bool keep_slope) -> Values {
  const auto at = static_cast<std::size_t>(block);
  T* s = beside(work_.v, v.address);
  synthesise(source, s);
  // The kernel makes a z of the type of v, or a rounded one.
  const Values made_z = !z && keep_slope ? Values{array(work_.z[at]), v.stored} : z;
  T* activated = !next || rounded(next) ? s : next.address;
  in_type(v.address, rounded(v), [&]<class Input>(const Input* input) {
    in_type(made_z.address, rounded(made_z ? made_z : v), [&]<class Stored>(Stored* output) {
      if constexpr (std::is_same_v<Input, T> || std::is_same_v<Input, Stored>) {
        kernels::block_forward<T, Input, Stored>(stream(), config().width, cells_, work_.weights.pointwise[at], {input},
                                                 s, output, activated);
      }
    });
  });
  if (keep_slope) kept_z_[at] = made_z;
  copy({activated}, next);
  return {activated};
}

template <RealScalar T>
auto DeviceTile<T>::activate(Index block, const Values& z, bool for_products) -> Values {
  kept_z_[static_cast<std::size_t>(block)] = z;
  if (for_products) return z;
  const Values v{array(work_.v[0])};
  if (rounded(z)) copy(z, v);
  kernels::gelu<T>(stream(), size_, rounded(z) ? v.address : z.address, v.address);
  return v;
}

template <RealScalar T>
void DeviceTile<T>::project(const Values& v) {
  if (work_.part.has_projection) {
    kernels::project<T>(stream(), projection_of(config(), work_.weights), cells_, v.address, slab_.output.data());
  } else {
    copy(v, {slab_.output.data()});
  }
}

/// gv from v_L, with the gradients of the projection and the norms where they are wanted.
template <RealScalar T>
void DeviceTile<T>::project_backward(const typename EngineTile<T>::OutputGradient& gradient, const T* v,
                                     bool first_time, T* gv) {
  const auto projection = projection_of(config(), work_.weights);
  const Index weights = kernels::projection_weights(projection);
  require(work_.device, weights + 2, work_.unwanted_sums);
  double *gweights = work_.unwanted_sums.data(), *loss = gweights + weights;
  if (first_time) {
    gweights = work_.sums_of_sample(slab_.sample) + work_.at(work_.layout.project1_weight());
    loss = work_.norms(slab_.sample);
  }
  if (gradient.given) {
    kernels::project_backward<T>(stream(), projection, cells_, v, slab_.target.data(), gv, gweights);
    return;
  }
  kernels::project_with_loss<T>(stream(), projection, cells_, v, slab_.target.data(), gv, gweights, loss,
                                gradient.factor);
}

template <RealScalar T>
auto DeviceTile<T>::head_backward(const typename EngineTile<T>::OutputGradient& gradient, const Values& v,
                                  bool first_time, const Values& gz) -> Values {
  const T* gv = slab_.target.data();
  T* made = exact_place(gz, work_.g[0]);
  if (work_.part.has_projection) {
    gv = array(work_.g[0]);
    project_backward(gradient, v.address, first_time, work_.g[0].data());
  }
  const Values& z = kept_z_.back();
  in_type(z.address, rounded(z),
          [&]<class Stored>(const Stored* values) { kernels::gelu_backward(stream(), size_, values, gv, made); });
  copy({made}, gz);
  return {made};
}

template <RealScalar T>
void DeviceTile<T>::add_weight_gradient(Index block, const Values& gz, const Values& v, bool of_sample) {
  double* sums = of_sample ? work_.sums_of_sample(slab_.sample) : work_.sums_of_all();
  const bool is_z = block > 0 && v == kept_z_[static_cast<std::size_t>(block - 1)];
  in_type(v.address, rounded(v), [&]<class Input>(const Input* input) {
    kernels::block_weight_gradient<T, Input>(stream(), config().width, cells_, gz.address, {input, is_z},
                                             sums + work_.at(work_.layout.pointwise(block)));
  });
}

/// factor W, for as long as no other is asked for.
template <RealScalar T>
const T* DeviceTile<T>::scaled(const T* weight, const double* factor) {
  if (factor == nullptr) return weight;
  const Index entries = config().width * config().width;
  require(work_.device, entries, work_.scaled_weight);
  copy_async(stream(), entries, weight, work_.scaled_weight.data());
  kernels::scale_rows<T>(stream(), 1, entries, factor, work_.scaled_weight.data());
  return work_.scaled_weight.data();
}

template <RealScalar T>
auto DeviceTile<T>::pull_back(Index block, std::size_t source, const double* factor, const Values& gz, const Values& gv)
    -> Values {
  T* made = beside(work_.g, gz.address);
  synthesise(source, made);
  const T* weight = scaled(work_.weights.pointwise[static_cast<std::size_t>(block)], factor);
  if (block == 0) {
    kernels::block_backward_input<T>(stream(), config().width, cells_, weight, gz.address, made, made, products());
    copy({made}, gv);
    return {made};
  }
  T* result = gv && !rounded(gv) ? gv.address : made;
  const Values& z = kept_z_[static_cast<std::size_t>(block - 1)];
  in_type(z.address, rounded(z), [&]<class Stored>(const Stored* values) {
    kernels::block_backward_input<T, Stored>(stream(), config().width, cells_, weight, gz.address, made, values, result,
                                             products());
  });
  copy({result}, gv);
  return {result};
}

template <RealScalar T>
void DeviceTile<T>::lift_backward(const Values& gv_0, bool wants_input_gradient) {
  T* gv = gv_0.address;
  T* gx = wants_input_gradient ? slab_.input_gradient.data() : nullptr;
  if (!work_.part.has_lift) {
    copy(gv_0, {gx});
    return;
  }
  const Index in = config().in_channels, steps = config().in_steps, width = config().width;
  GradientSums& layout = work_.layout;
  double* sums = work_.sums_of_all();
  const T* h = steps > 0 ? work_.time.data() : slab_.input.data();
  kernels::multiply_elements<T>(stream(), size_, work_.channel_slope.data(), gv);
  kernels::accumulate_axis_gradient<T>(stream(), 1, width, in, cells_, h, gv,
                                       sums + work_.at(layout.lift_channel_weight()),
                                       sums + work_.at(layout.lift_channel_bias()));
  if (steps == 0 && gx == nullptr) return;
  if (steps > 0) require(work_.device, in * cells_, work_.time_gradient);
  T* gh = steps > 0 ? work_.time_gradient.data() : gx;
  kernels::apply_transposed_along_axis<T>(stream(), 1, width, in, cells_, work_.weights.lift_channel_weight, gv, gh,
                                          products());
  if (steps == 0) return;
  kernels::multiply_elements<T>(stream(), in * cells_, work_.time_slope.data(), gh);
  kernels::accumulate_axis_gradient<T>(stream(), time_lines(), time_cells_, steps, 1, slab_.input.data(), gh,
                                       sums + work_.at(layout.lift_time_weight()) + work_.first_step * steps,
                                       sums + work_.at(layout.lift_time_bias()) + work_.first_step);
  if (gx == nullptr) return;
  kernels::apply_transposed_along_axis<T>(stream(), time_lines(), time_cells_, steps, 1,
                                          work_.weights.lift_time_weight + work_.first_step * steps, gh, gx);
}

template struct DeviceWork<float>;
template struct DeviceWork<double>;
template class DeviceTile<float>;
template class DeviceTile<double>;

}  // namespace tessera::engine
