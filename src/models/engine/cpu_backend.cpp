#include "models/engine/cpu_backend.hpp"

#include <algorithm>
#include <utility>

#include "kernels/activation.hpp"
#include "kernels/elementwise.hpp"
#include "kernels/products.hpp"
#include "tessera/core/threads.hpp"

namespace tessera::engine {

/// A tile in the memory of the thread that visits it, [channel][t][z].
template <RealScalar T>
class CpuBackend<T>::Tile final : public EngineTile<T> {
 public:
  using Values = TileValues<T>;

  Tile(CpuBackend& backend, TileVisit<T>& visit, Index sample_cells);

  void expect(const Values& first, const Values& second) override {
    memory_.soon = {first.address + size_, second.address + size_};
  }
  Values kept_v() override { return {memory_.kept_v.data()}; }
  Values exact(const Values& values) override { return values; }

  Values lift(bool keep_slopes, const Values& v) override;
  Values block(Index block, std::size_t source, const Values& v, const Values& z, const Values& next,
               bool keep_slope) override;
  Values activate(Index block, const Values& z, bool for_products) override;
  void analyse(const Values& v) override { visit_.analyse(v.address); }
  void project(const Values& v) override;

  Values head_backward(const typename EngineTile<T>::OutputGradient& gradient, const Values& v, bool first_time,
                       const Values& gz) override;
  void add_weight_gradient(Index block, const Values& gz, const Values& v, bool of_sample) override;
  Values pull_back(Index block, std::size_t source, const double* factor, const Values& gz, const Values& gv) override;
  void lift_backward(const Values& gv, bool wants_input_gradient) override;

 private:
  Buffer<T>& slope(Index block) { return memory_.slopes[static_cast<std::size_t>(block)]; }
  const Tiling::Tile& tile() const { return visit_.tile; }

  CpuBackend& backend_;
  TileVisit<T>& visit_;
  const TileNetwork<T>& network_;
  ThreadMemory& memory_;
  Index size_;
};

template <RealScalar T>
CpuBackend<T>::Tile::Tile(CpuBackend& backend, TileVisit<T>& visit, Index sample_cells)
    : EngineTile<T>(visit.sample, (visit.sample * sample_cells + visit.tile.offset) * backend.config_.width),
      backend_(backend),
      visit_(visit),
      network_(backend.network_),
      memory_(backend.memory_[static_cast<std::size_t>(visit.thread)]),
      size_(backend.config_.width * visit.tile.cells()) {
  for (Buffer<T>* buffer : {&memory_.v, &memory_.kept_v, &memory_.z, &memory_.gz, &memory_.gv}) buffer->require(size_);
}

template <RealScalar T>
auto CpuBackend<T>::Tile::lift(bool keep_slopes, const Values& v) -> Values {
  const Values made = v ? v : Values{memory_.v.data()};
  memory_.x.require(network_.input_size(tile()));
  visit_.get_input(memory_.x.data());
  network_.lift(tile(), memory_.x.data(), keep_slopes, std::exchange(memory_.soon, {}), memory_.work, made.address);
  return made;
}

template <RealScalar T>
auto CpuBackend<T>::Tile::block(Index block, std::size_t source, const Values& v, const Values& z, const Values& next,
                                bool keep_slope) -> Values {
  const Values made = next ? next : Values{memory_.v.data()};
  T* own_z = !z || z == v ? memory_.z.data() : z.address;
  visit_.synthesise(source, own_z);
  network_.add_pointwise(block, tile(), v.address, own_z);
  if (keep_slope) {
    slope(block).require(size_);
    kernels::gelu_with_derivative(size_, own_z, made.address, slope(block).data(), std::exchange(memory_.soon, {}));
  } else {
    kernels::gelu(size_, own_z, made.address, std::exchange(memory_.soon, {}));
  }
  if (z && z.address != own_z) std::copy_n(own_z, size_, z.address);
  return made;
}

template <RealScalar T>
auto CpuBackend<T>::Tile::activate(Index block, const Values& z, bool) -> Values {
  slope(block).require(size_);
  kernels::gelu_with_derivative(size_, z.address, memory_.v.data(), slope(block).data(),
                                std::exchange(memory_.soon, {}));
  return {memory_.v.data()};
}

template <RealScalar T>
void CpuBackend<T>::Tile::project(const Values& v) {
  memory_.y.require(backend_.config_.out_channels * tile().cells());
  network_.project(tile(), v.address, memory_.work, memory_.y.data());
  visit_.put_output(memory_.y.data());
}

template <RealScalar T>
auto CpuBackend<T>::Tile::head_backward(const typename EngineTile<T>::OutputGradient& gradient, const Values& v,
                                        bool first_time, const Values& gz) -> Values {
  const Values made = gz ? gz : Values{memory_.gz.data()};
  memory_.target.require(backend_.config_.out_channels * tile().cells());
  visit_.get_target(memory_.target.data());
  GradientStore<T>& store = backend_.store_;
  GradientSums* sums = first_time ? &store.of_sample(visit_.thread, visit_.sample) : nullptr;
  SampleNorms* norms = first_time ? &store.norms(visit_.thread, visit_.sample) : nullptr;
  const T factor = gradient.factor != nullptr ? static_cast<T>(*gradient.factor) : T{1};
  network_.project_backward(tile(), v.address, {memory_.target.data(), gradient.given, factor, norms}, memory_.work,
                            sums, made.address);
  kernels::multiply_elements(size_, memory_.slopes.back().data(), made.address);
  return made;
}

template <RealScalar T>
void CpuBackend<T>::Tile::add_weight_gradient(Index block, const Values& gz, const Values& v, bool of_sample) {
  GradientStore<T>& store = backend_.store_;
  GradientSums& sums = of_sample ? store.of_sample(visit_.thread, visit_.sample) : store.of(visit_.thread);
  const Index cells = tile().cells(), width = backend_.config_.width;
  kernels::add_dot_products(width, width, cells, gz.address, cells, v.address, cells, sums.pointwise(block));
}

template <RealScalar T>
auto CpuBackend<T>::Tile::pull_back(Index block, std::size_t source, const double* factor, const Values& gz,
                                    const Values& gv) -> Values {
  T* made = gv.address;
  if (!gv || gv == gz) made = gz.address == memory_.gv.data() ? memory_.gz.data() : memory_.gv.data();
  visit_.synthesise(source, made);
  network_.add_pointwise_adjoint(block, factor, tile(), gz.address, memory_.work, made);
  if (block > 0) kernels::multiply_elements(size_, slope(block - 1).data(), made);
  if (gv && gv.address != made) std::copy_n(made, size_, gv.address);
  return {made};
}

template <RealScalar T>
void CpuBackend<T>::Tile::lift_backward(const Values& gv, bool wants_input_gradient) {
  T* gx = nullptr;
  if (wants_input_gradient) {
    memory_.gx.require(network_.input_size(tile()));
    gx = memory_.gx.data();
  }
  network_.lift_backward(tile(), memory_.x.data(), gv.address, memory_.work, backend_.store_.of(visit_.thread), gx);
  if (wants_input_gradient) visit_.add_input_gradient(gx);
}

template <RealScalar T>
class CpuBackend<T>::TileSweep final : public BatchSweep<T> {
 public:
  TileSweep(CpuBackend& backend, const Box& part, const std::vector<std::optional<FourierLine>>& lines)
      : backend_(backend),
        sweep_(part, backend.config_.width, backend.config_.in_channels, backend.config_.in_steps,
               backend.config_.out_channels, lines) {}

  Index samples() const override { return sweep_.samples(); }
  Index cells() const override { return sweep_.tiling().cells(); }
  Index mode_count() const override { return sweep_.mode_count(); }
  void to_tensor(const T* modes, std::complex<T>* tensor) const override { sweep_.to_tensor(modes, tensor); }
  void from_tensor(const std::complex<T>* tensor, T* modes) const override { sweep_.from_tensor(tensor, modes); }

  void run(const PassFields<T>& fields, const std::function<void(EngineTile<T>&)>& visit,
           const std::function<void(double)>& after_group) override {
    sweep_.run(
        fields,
        [&](TileVisit<T>& at) {
          Tile tile(backend_, at, cells());
          visit(tile);
        },
        after_group);
  }

 private:
  CpuBackend& backend_;
  Sweep<T> sweep_;
};

template <RealScalar T>
std::unique_ptr<BatchSweep<T>> CpuBackend<T>::sweep(const Box& part,
                                                    const std::vector<std::optional<FourierLine>>& lines) {
  return std::make_unique<TileSweep>(*this, part, lines);
}

template <RealScalar T>
void CpuBackend<T>::start(const PointwiseWeights<T>& weights, Index samples) {
  memory_.resize(static_cast<std::size_t>(thread_count()));
  for (ThreadMemory& memory : memory_) memory.slopes.resize(static_cast<std::size_t>(config_.blocks));
  store_.start(thread_count(), samples);
  network_.set_weights(weights);
}

template class CpuBackend<float>;
template class CpuBackend<double>;

}  // namespace tessera::engine
