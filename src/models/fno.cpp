#include "tessera/models/fno.hpp"

#include "models/engine/fno_stage.hpp"
#include "tessera/core/error.hpp"

namespace tessera {

namespace {

/// Fields are accessed tile by tile, in passes alone.
[[noreturn]] void refuse_fields(const char* operation, const std::string& why) {
  throw ConfigError(std::string(operation) + ": fields cannot be streamed: " + why);
}

/// Throws ShapeError unless a field has the shape expected.
template <class Field>
void require_shape(const char* operation, const char* what, const Field& field, const Shape& expected) {
  if (field.shape() == expected) return;
  throw ShapeError(std::string(operation) + ": expected " + what + " " + to_string(expected) + ", got " +
                   to_string(field.shape()));
}

}  // namespace

template <RealScalar T>
Fno<T>::Fno(const FnoConfig& config, const Partition& partition, std::uint64_t seed)
    : config_(config), partition_(partition), layers_("Fno", config, {partition}, seed) {
  const Range all{0, config.blocks};
  stage_ = std::make_unique<engine::FnoStage<T>>(engine::part_of(config, all), partition, *partition.communicator(),
                                                 layers_.weights(all));
}

template <RealScalar T>
Fno<T>::~Fno() = default;

template <RealScalar T>
Variable<T> Fno<T>::compose(const Variable<T>& x) {
  const Shape& shape = x.space().shape;
  require_space("Fno", "input", x.value(), input_space(shape.empty() ? 1 : shape[0]));
  Variable<T> h = layers_.lift_time ? gelu((*layers_.lift_time)(x)) : x;
  h = gelu(layers_.lift_channel(h));
  for (FnoBlock<T>& block : layers_.blocks) h = block(h);
  return layers_.project(h);
}

template <RealScalar T>
Variable<T> Fno<T>::operator()(const Variable<T>& x) {
  const Shape& shape = x.space().shape;
  const Index batch = shape.empty() ? 1 : shape[0];
  require_space("Fno", "input", x.value(), input_space(batch));
  if (!stage_->serves()) return compose(x);
  if (!x.tape().recording()) return x.tape().constant(forward(x.value()));

  const auto& moves = stage_->moves(batch);
  std::shared_ptr<const DistTensor<T>> input;
  if (moves.input) input = std::make_shared<const DistTensor<T>>(moves.input->forward(x.value()));
  const std::shared_ptr<engine::FnoTrace<T>> trace = stage_->take_trace();
  DistTensor<T> y(moves.output_space);
  {
    const TensorReader<T> reader(input ? *input : x.value());
    TensorWriter<T> writer(y);
    stage_->passes().forward(batch, config_.activations, reader, writer, trace.get());
  }
  if (moves.output) y = moves.output->forward(y);
  return x.tape().template record<T>(std::move(y), true, [this, &moves, trace, input, x](DistTensor<T>&& gradient) {
    if (moves.output) gradient = moves.output->adjoint(gradient);
    const TensorReader<T> reader(input ? *input : x.value()), gy(gradient);
    if (!x.requires_gradient()) {
      stage_->passes().backward(*trace, reader, gy, nullptr);
      return;
    }
    DistTensor<T> gx(moves.input_space);
    TensorWriter<T> writer(gx);
    stage_->passes().backward(*trace, reader, gy, &writer);
    x.slot()->accumulate(moves.input ? moves.input->adjoint(gx) : std::move(gx));
  });
}

template <RealScalar T>
DistTensor<T> Fno<T>::forward(const DistTensor<T>& x) {
  const Index batch = x.shape().empty() ? 1 : x.shape()[0];
  require_space("Fno::forward", "input", x, input_space(batch));
  if (!stage_->serves()) {
    Tape tape(false);
    return compose(tape.constant(x.clone())).value().clone();
  }
  const auto& moves = stage_->moves(batch);
  std::optional<DistTensor<T>> input;
  if (moves.input) input = moves.input->forward(x);
  DistTensor<T> y(moves.output_space);
  TensorWriter<T> writer(y);
  stage_->passes().forward(batch, config_.activations, TensorReader<T>(input ? *input : x), writer, nullptr);
  return moves.output ? moves.output->forward(y) : std::move(y);
}

template <RealScalar T>
void Fno<T>::forward(Index batch, const FieldReader<T>& x, FieldWriter<T>& y) {
  require_shape("Fno::forward", "an input", x, config_.input_shape(batch));
  require_shape("Fno::forward", "an output", y, config_.output_shape(batch));
  if (!stage_->serves()) refuse_fields("Fno::forward", stage_->why_not());
  stage_->passes().forward(batch, config_.activations, x, y, nullptr);
}

template <RealScalar T>
double Fno<T>::value_and_gradient(Loss loss, const DistTensor<T>& x, const DistTensor<T>& target) {
  const Index batch = x.shape().empty() ? 1 : x.shape()[0];
  require_space("Fno::value_and_gradient", "input", x, input_space(batch));
  require_space("Fno::value_and_gradient", "target", target, output_space(batch));
  if (!stage_->serves()) {
    Tape tape;
    const Variable<T> y = compose(tape.constant(x.clone()));
    LossResult<T> result = evaluate_loss(loss, y.value(), target);
    tape.backward(y, std::move(result.gradient));
    return result.value;
  }
  const auto& moves = stage_->moves(batch);
  std::optional<DistTensor<T>> input, moved_target;
  if (moves.input) input = moves.input->forward(x);
  if (moves.output) moved_target = moves.output->adjoint(target);
  return stage_->passes().value_and_gradient(loss, 1.0, batch, config_.activations, TensorReader<T>(input ? *input : x),
                                             TensorReader<T>(moved_target ? *moved_target : target), nullptr);
}

template <RealScalar T>
double Fno<T>::value_and_gradient(Loss loss, Index batch, const FieldReader<T>& x, const FieldReader<T>& target) {
  require_shape("Fno::value_and_gradient", "an input", x, config_.input_shape(batch));
  require_shape("Fno::value_and_gradient", "a target", target, config_.output_shape(batch));
  if (!stage_->serves()) refuse_fields("Fno::value_and_gradient", stage_->why_not());
  return stage_->passes().value_and_gradient(loss, 1.0, batch, config_.activations, x, target, nullptr);
}

template <RealScalar T>
const Partition& Fno<T>::field_partition() const noexcept {
  return stage_->passes().ranks();
}

template <RealScalar T>
void Fno<T>::set_progress(std::function<void(double)> progress) {
  stage_->passes().set_progress(std::move(progress));
}

template class Fno<float>;
template class Fno<double>;

}  // namespace tessera
