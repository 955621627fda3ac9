#include <algorithm>
#include <array>

#include "kernels/arithmetic/bfloat16.hpp"
#include "kernels/copy.hpp"
#include "models/engine/backends/device_backend.hpp"
#include "models/engine/backends/device_tile.hpp"
#include "models/engine/backends/pass_graphs.hpp"
#include "models/engine/required_storage.hpp"

namespace tessera::engine {

namespace {

/// Goes through the rank's part of the grid sample by sample, a slab of planes at a time.
template <RealScalar T>
class DeviceSweep final : public BatchSweep<T> {
 public:
  using Complex = std::complex<T>;

  DeviceSweep(DeviceWork<T>& work, const Box& part, const std::vector<std::optional<FourierLine>>& lines);

  Index samples() const override { return part_.extent[0]; }
  Index cells() const override { return transform_.planes() * transform_.plane_cells(); }
  Index mode_count() const override { return samples() * transform_.mode_count(); }
  void to_tensor(const T* modes, Complex* tensor) const override;
  void from_tensor(const Complex* tensor, T* modes) const override;

  void run(const PassFields<T>& fields, const std::function<void(EngineTile<T>&)>& visit,
           const std::function<void(double)>& after_group) override;

 private:
  using Visit = std::function<void(EngineTile<T>&)>;

  void carry_out(const PassFields<T>& fields, const Visit& visit, const std::function<void(double)>& after_group);
  PassGraphs::Key key_of(const PassFields<T>& fields) const;
  void run_slab(const PassFields<T>& fields, const Visit& visit, Index sample, Index first, Index count,
                Complex* result);
  std::array<DeviceField<T>*, 4> fields() { return {&input_, &target_, &output_, &input_gradient_}; }

  DeviceWork<T>& work_;
  Box part_;
  SlabTransform<T> transform_;
  DeviceField<T> input_, target_, output_, input_gradient_;
  std::vector<Storage<Complex>> source_rows_;
  std::vector<typename DeviceSlab<T>::Source> sources_;
  Storage<Complex> result_rows_;
  PassGraphs graphs_;
};

/// The address of this rank's tile of the tensor behind a field; null where it is none of the device.
template <RealScalar T>
const T* tile_of(const Device& device, const FieldReader<T>* field) {
  const auto* reader = dynamic_cast<const TensorReader<T>*>(field);
  return reader != nullptr && reader->tensor().device() == device ? reader->tensor().data() : nullptr;
}

template <RealScalar T>
const T* tile_of(const Device& device, const FieldWriter<T>* field) {
  const auto* writer = dynamic_cast<const TensorWriter<T>*>(field);
  return writer != nullptr && writer->tensor().device() == device ? writer->tensor().data() : nullptr;
}

template <RealScalar T>
DeviceSweep<T>::DeviceSweep(DeviceWork<T>& work, const Box& part, const std::vector<std::optional<FourierLine>>& lines)
    : work_(work),
      part_(part),
      transform_(work.device, work.part.config.width, Shape(part.extent.begin() + 2, part.extent.end()), lines,
                 work.transform),
      input_(work.device, part, work.part.config.in_channels, work.part.config.in_steps),
      target_(work.device, part, work.part.config.out_channels, 0),
      output_(work.device, part, work.part.config.out_channels, 0),
      input_gradient_(work.device, part, work.part.config.in_channels, work.part.config.in_steps) {}

template <RealScalar T>
void DeviceSweep<T>::to_tensor(const T* modes, Complex* tensor) const {
  copy_async(work_.device.stream(), mode_count(), modes, reinterpret_cast<T*>(tensor));
}

template <RealScalar T>
void DeviceSweep<T>::from_tensor(const Complex* tensor, T* modes) const {
  copy_async(work_.device.stream(), mode_count(), reinterpret_cast<const T*>(tensor), modes);
}

template <RealScalar T>
void DeviceSweep<T>::run(const PassFields<T>& fields, const Visit& visit,
                         const std::function<void(double)>& after_group) {
  for (DeviceField<T>* field : this->fields()) field->begin();
  if (cells() == 0) {
    if (fields.result != nullptr) kernels::set_zero(work_.device.stream(), mode_count(), fields.result);
    return;
  }
  const PassGraphs::Key key = key_of(fields);
  if (key.empty()) return carry_out(fields, visit, after_group);
  const auto way = graphs_.run(work_.device.stream(), key, [&] { carry_out(fields, visit, after_group); });
  if (way == PassGraphs::Way::replayed) after_group(1.0);
}

/// Everything that the work of a pass depends on; empty where it cannot be replayed: fields of the host need the host,
/// and empty tiles have no address.
template <RealScalar T>
PassGraphs::Key DeviceSweep<T>::key_of(const PassFields<T>& fields) const {
  PassGraphs::Key key = fields.identity;
  if (key.empty()) return key;
  const auto add = [&](const void* address) { key.push_back(reinterpret_cast<std::uintptr_t>(address)); };
  bool on_device = true;
  const auto add_field = [&](const auto* field, const DeviceField<T>& slabs) {
    const T* tile = field == nullptr ? nullptr : tile_of<T>(work_.device, field);
    if (slabs.meets_host() || (field != nullptr && tile == nullptr)) on_device = false;
    add(tile);
    for (const T* memory : slabs.memory()) add(memory);
  };
  add_field(fields.input, input_);
  add_field(fields.target, target_);
  add_field(fields.output, output_);
  add_field(fields.input_gradient, input_gradient_);
  if (!on_device) return {};
  for (std::size_t s = 0; s < fields.sources.size(); ++s) {
    add(fields.sources[s].modes);
    key.push_back(static_cast<std::uint64_t>(fields.sources[s].scaling));
    add(s < source_rows_.size() ? source_rows_[s].data() : nullptr);
  }
  add(fields.result);
  key.push_back(static_cast<std::uint64_t>(fields.result_scaling));
  add(result_rows_.data());
  work_.identify(key);
  return key;
}

template <RealScalar T>
void DeviceSweep<T>::carry_out(const PassFields<T>& fields, const Visit& visit,
                               const std::function<void(double)>& after_group) {
  if (source_rows_.size() < fields.sources.size()) source_rows_.resize(fields.sources.size());
  const Index planes = transform_.planes();
  for (Index sample = 0; sample < samples(); ++sample) {
    const Index offset = sample * transform_.mode_count();
    sources_.clear();
    for (std::size_t s = 0; s < fields.sources.size(); ++s) {
      const auto& source = fields.sources[s];
      sources_.push_back({transform_.rows_of(source.scaling, source.modes + offset, source_rows_[s]), source.scaling});
    }
    T* modes = fields.result == nullptr ? nullptr : fields.result + offset;
    Complex* rows = modes == nullptr ? nullptr : transform_.rows_for(modes, result_rows_);
    for (Index first = 0; first < planes; first += transform_.slab_planes()) {
      const Index count = std::min(transform_.slab_planes(), planes - first);
      run_slab(fields, visit, sample, first, count, rows);
      after_group(static_cast<double>(sample * planes + first + count) / static_cast<double>(samples() * planes));
    }
    if (modes != nullptr) transform_.gather(fields.result_scaling, rows, modes);
  }
  output_.finish();
  input_gradient_.finish();
}

template <RealScalar T>
void DeviceSweep<T>::run_slab(const PassFields<T>& fields, const Visit& visit, Index sample, Index first, Index count,
                              Complex* result) {
  for (DeviceField<T>* field : this->fields()) field->select(sample, first, count);
  if (fields.input != nullptr) input_.read(*fields.input);
  if (fields.target != nullptr) target_.read(*fields.target);
  const DeviceSlab<T> slab{sample,     first,    count,   cells(),
                           transform_, sources_, result,  fields.result_scaling,
                           input_,     target_,  output_, input_gradient_};
  DeviceTile<T> tile(work_, slab);
  visit(tile);
  if (fields.output != nullptr) output_.write(*fields.output);
  if (fields.input_gradient != nullptr) input_gradient_.write(*fields.input_gradient);
}

template <RealScalar T>
class DeviceBackend final : public EngineBackend<T> {
 public:
  DeviceBackend(const FnoPart& part, Index first_step, const Device& device, GradientStore<T>& store)
      : work_(part, first_step, device), store_(store) {}

  std::unique_ptr<BatchSweep<T>> sweep(const Box& part, const std::vector<std::optional<FourierLine>>& lines) override {
    return std::make_unique<DeviceSweep<T>>(work_, part, lines);
  }

  Index stored_bytes() const override {
    return work_.rounds() ? static_cast<Index>(sizeof(kernels::BFloat16)) : static_cast<Index>(sizeof(T));
  }

  void start(const PointwiseWeights<T>& weights, Index samples) override {
    work_.weights = weights;
    work_.samples = samples;
    store_.start(1, samples);
    require(work_.device, work_.sum_count(), work_.sums);
    kernels::set_zero(work_.device.stream(), work_.sum_count(), work_.sums.data());
  }

  void collect() override;

 private:
  DeviceWork<T> work_;
  GradientStore<T>& store_;
};

template <RealScalar T>
void DeviceBackend<T>::collect() {
  std::vector<double> sums(static_cast<std::size_t>(work_.sum_count()));
  copy_values<double>(work_.device, work_.sum_count(), work_.sums.data(), sums.data());
  const double* from = sums.data();
  const Index size = work_.layout.size();
  for (Index sample = 0; sample < work_.samples; ++sample, from += size) {
    std::copy_n(from, size, store_.of_sample(0, sample).data());
  }
  std::copy_n(from, size, store_.of(0).data());
  from += size;
  for (Index sample = 0; sample < work_.samples; ++sample, from += 2) store_.norms(0, sample) = {from[0], from[1]};
}

}  // namespace

template <RealScalar T>
std::unique_ptr<EngineBackend<T>> make_device_backend(const FnoPart& part, const Partition& ranks,
                                                      GradientStore<T>& store) {
  const Index first_step = ranks.tile(part.config.output_shape(1)).start.back();
  return std::make_unique<DeviceBackend<T>>(part, first_step, ranks.communicator()->device(), store);
}

template std::unique_ptr<EngineBackend<float>> make_device_backend(const FnoPart&, const Partition&,
                                                                   GradientStore<float>&);
template std::unique_ptr<EngineBackend<double>> make_device_backend(const FnoPart&, const Partition&,
                                                                    GradientStore<double>&);

}  // namespace tessera::engine
