#include "tessera/models/fno.hpp"

#include "models/fno_engine_access.hpp"
#include "tessera/core/error.hpp"

namespace tessera {

namespace {

const FnoConfig& validated(const FnoConfig& config) {
  config.validate();
  return config;
}

/// Fields are accessed tile by tile, which needs transforms before any exchange.
[[noreturn]] void refuse_fields(const char* operation, const FnoConfig& config) {
  throw ConfigError(std::string(operation) + ": fields cannot be streamed with schedule " +
                    schedule_name(config.schedule) +
                    " on this partition: it exchanges the whole grid first; use automatic");
}

/// Throws ShapeError unless a field has the shape expected.
template <class Field>
void require_shape(const char* operation, const char* what, const Field& field, const Shape& expected) {
  if (field.shape() == expected) return;
  throw ShapeError(std::string(operation) + ": expected " + what + " " + to_string(expected) + ", got " +
                   to_string(field.shape()));
}

/// The channel lift follows a gelu only where time is lifted first.
double lift_channel_gain(const FnoConfig& config) { return config.in_steps > 0 ? kGeluGain : 1.0; }

}  // namespace

template <RealScalar T>
Fno<T>::Fno(const FnoConfig& config, const Partition& partition, std::uint64_t seed)
    : config_(validated(config)),
      partition_(partition),
      lift_channel_("lift_channel", partition, config.in_channels, config.width, seed,
                    {.bias = true, .gain = lift_channel_gain(config)}),
      project_("project1", "project2", partition, config.width, config.hidden, config.out_channels, seed) {
  const std::size_t axes = config.grid.size() + 2;
  if (partition.grid().extents().size() != axes || !(partition.grid() == RankGrid(partition.grid().extents()))) {
    throw PartitionError("Fno: the partition " + to_string(partition) + " must have " + std::to_string(axes) +
                         " entries: batch, channel and " + std::to_string(config.grid.size()) + " grid axes");
  }
  if (config.in_steps > 0) {
    lift_time_.emplace("lift_time", partition, axes - 1, config.in_steps, config.grid.back(), seed,
                       typename AxisAffine<T>::Options{});
  }
  const SpectralGrid spectral(config.grid, config.modes);
  for (Index block = 0; block < config.blocks; ++block) {
    blocks_.emplace_back("block" + std::to_string(block), partition, spectral, config.width, seed, config.schedule,
                         config.initialisation, kGeluGain);
  }
  engine_ = std::make_unique<Engine>(config_, partition_, weights());
}

template <RealScalar T>
engine::FnoWeights<T> Fno<T>::weights() {
  engine::FnoWeights<T> list;
  if (lift_time_) {
    list.lift_time_weight = &lift_time_->weight();
    list.lift_time_bias = lift_time_->bias();
  }
  list.lift_channel_weight = &lift_channel_.weight();
  list.lift_channel_bias = lift_channel_.bias();
  for (FnoBlock<T>& block : blocks_) list.blocks.push_back({&block.pointwise().weight(), &block.spectral().weight()});
  list.project1_weight = &project_.weight1();
  list.project1_bias = &project_.bias1();
  list.project2_weight = &project_.weight2();
  list.project2_bias = &project_.bias2();
  return list;
}

template <RealScalar T>
Fno<T>::~Fno() = default;

template <RealScalar T>
Variable<T> Fno<T>::compose(const Variable<T>& x) {
  const Shape& shape = x.space().shape;
  require_space("Fno", "input", x.value(), input_space(shape.empty() ? 1 : shape[0]));
  Variable<T> h = lift_time_ ? gelu((*lift_time_)(x)) : x;
  h = gelu(lift_channel_(h));
  for (FnoBlock<T>& block : blocks_) h = block(h);
  return project_(h);
}

template <RealScalar T>
ParameterList<T> Fno<T>::parameters() {
  ParameterList<T> list;
  if (lift_time_) lift_time_->list_parameters(list);
  lift_channel_.list_parameters(list);
  for (FnoBlock<T>& block : blocks_) block.list_parameters(list);
  project_.list_parameters(list);
  return list;
}

template <RealScalar T>
Variable<T> Fno<T>::operator()(const Variable<T>& x) {
  const Shape& shape = x.space().shape;
  const Index batch = shape.empty() ? 1 : shape[0];
  require_space("Fno", "input", x.value(), input_space(batch));
  if (!engine_->serves()) return compose(x);
  if (!x.tape().recording()) return x.tape().constant(forward(x.value()));

  const auto& moves = engine_->moves(batch);
  std::shared_ptr<const DistTensor<T>> input;
  if (moves.input) input = std::make_shared<const DistTensor<T>>(moves.input->forward(x.value()));
  const std::shared_ptr<engine::FnoTrace<T>> trace = engine_->take_trace();
  DistTensor<T> y(moves.output_space);
  {
    const TensorReader<T> reader(input ? *input : x.value());
    TensorWriter<T> writer(y);
    engine_->passes().forward(batch, config_.activations, reader, writer, trace.get());
  }
  if (moves.output) y = moves.output->forward(y);
  return x.tape().template record<T>(std::move(y), true, [this, &moves, trace, input, x](DistTensor<T>&& gradient) {
    if (moves.output) gradient = moves.output->adjoint(gradient);
    const TensorReader<T> reader(input ? *input : x.value()), gy(gradient);
    if (!x.requires_gradient()) {
      engine_->passes().backward(*trace, reader, gy, nullptr);
      return;
    }
    DistTensor<T> gx(moves.input_space);
    TensorWriter<T> writer(gx);
    engine_->passes().backward(*trace, reader, gy, &writer);
    x.slot()->accumulate(moves.input ? moves.input->adjoint(gx) : std::move(gx));
  });
}

template <RealScalar T>
DistTensor<T> Fno<T>::forward(const DistTensor<T>& x) {
  const Index batch = x.shape().empty() ? 1 : x.shape()[0];
  require_space("Fno::forward", "input", x, input_space(batch));
  if (!engine_->serves()) {
    Tape tape(false);
    return compose(tape.constant(x.clone())).value().clone();
  }
  const auto& moves = engine_->moves(batch);
  std::optional<DistTensor<T>> input;
  if (moves.input) input = moves.input->forward(x);
  DistTensor<T> y(moves.output_space);
  TensorWriter<T> writer(y);
  engine_->passes().forward(batch, config_.activations, TensorReader<T>(input ? *input : x), writer, nullptr);
  return moves.output ? moves.output->forward(y) : std::move(y);
}

template <RealScalar T>
void Fno<T>::forward(Index batch, const FieldReader<T>& x, FieldWriter<T>& y) {
  require_shape("Fno::forward", "an input", x, config_.input_shape(batch));
  require_shape("Fno::forward", "an output", y, config_.output_shape(batch));
  if (!engine_->serves()) refuse_fields("Fno::forward", config_);
  engine_->passes().forward(batch, config_.activations, x, y, nullptr);
}

template <RealScalar T>
double Fno<T>::value_and_gradient(Loss loss, const DistTensor<T>& x, const DistTensor<T>& target) {
  const Index batch = x.shape().empty() ? 1 : x.shape()[0];
  require_space("Fno::value_and_gradient", "input", x, input_space(batch));
  require_space("Fno::value_and_gradient", "target", target, output_space(batch));
  if (!engine_->serves()) {
    Tape tape;
    const Variable<T> y = compose(tape.constant(x.clone()));
    LossResult<T> result = evaluate_loss(loss, y.value(), target);
    tape.backward(y, std::move(result.gradient));
    return result.value;
  }
  const auto& moves = engine_->moves(batch);
  std::optional<DistTensor<T>> input, moved_target;
  if (moves.input) input = moves.input->forward(x);
  if (moves.output) moved_target = moves.output->adjoint(target);
  return engine_->passes().value_and_gradient(loss, batch, config_.activations, TensorReader<T>(input ? *input : x),
                                              TensorReader<T>(moved_target ? *moved_target : target));
}

template <RealScalar T>
double Fno<T>::value_and_gradient(Loss loss, Index batch, const FieldReader<T>& x, const FieldReader<T>& target) {
  require_shape("Fno::value_and_gradient", "an input", x, config_.input_shape(batch));
  require_shape("Fno::value_and_gradient", "a target", target, config_.output_shape(batch));
  if (!engine_->serves()) refuse_fields("Fno::value_and_gradient", config_);
  return engine_->passes().value_and_gradient(loss, batch, config_.activations, x, target);
}

template <RealScalar T>
const Partition& Fno<T>::field_partition() const noexcept {
  return engine_->passes().ranks();
}

template <RealScalar T>
void Fno<T>::set_progress(std::function<void(double)> progress) {
  engine_->passes().set_progress(std::move(progress));
}

template class Fno<float>;
template class Fno<double>;

}  // namespace tessera
