#pragma once

/// \file
/// Reverse-mode differentiation: variables, the tape that records what was done to them, and trainable parameters.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tessera/core/error.hpp"
#include "tessera/tensor/algebra.hpp"
#include "tessera/tensor/dist_tensor.hpp"

namespace tessera {

/// A trainable tensor. `gradient` is the sum of what every backward pass since zero_gradient has found.
/// Gradients of complex parameters are dL/dRe + i dL/dIm.
template <Scalar T>
struct Parameter {
  std::string name;
  DistTensor<T> value;
  DistTensor<T> gradient;

  Parameter(std::string parameter_name, TensorSpace space)
      : name(std::move(parameter_name)), value(space), gradient(DistTensor<T>::zeros(space)) {}
  void zero_gradient() { gradient.set_zero(); }
};

/// Where the gradient of one variable is gathered during a backward pass.
template <Scalar T>
class GradientSlot {
 public:
  GradientSlot() = default;
  /// Adds into a tensor owned elsewhere (a parameter's gradient).
  explicit GradientSlot(DistTensor<T>& destination) : destination_(&destination) {}

  void accumulate(DistTensor<T>&& gradient) {
    if (destination_ != nullptr) {
      axpy(1.0, gradient, *destination_);
    } else if (gathered_) {
      axpy(1.0, gradient, *gathered_);
    } else {
      gathered_ = std::move(gradient);
    }
  }
  std::optional<DistTensor<T>>& gathered() { return gathered_; }

 private:
  DistTensor<T>* destination_ = nullptr;
  std::optional<DistTensor<T>> gathered_;
};

class Tape;

/// A tensor that takes part in a recorded computation. Cheap to copy (shared); its value lives as long as a variable
/// or a recorded step that needs it.
template <Scalar T>
class Variable {
 public:
  const DistTensor<T>& value() const { return *value_; }
  const TensorSpace& space() const { return value_->space(); }
  Tape& tape() const { return *tape_; }
  /// Null when no gradient is wanted.
  const std::shared_ptr<GradientSlot<T>>& slot() const { return slot_; }
  bool requires_gradient() const { return slot_ != nullptr; }

  /// dL/d(this) after Tape::backward, for variables made with Tape::leaf. Throws ArgumentError when there is none.
  const DistTensor<T>& gradient() const {
    if (!slot_ || !slot_->gathered())
      throw ArgumentError("Variable::gradient: no backward pass has reached this variable");
    return *slot_->gathered();
  }

 private:
  friend class Tape;
  Variable(Tape& tape, std::shared_ptr<const DistTensor<T>> value, std::shared_ptr<GradientSlot<T>> slot)
      : tape_(&tape), value_(std::move(value)), slot_(std::move(slot)) {}

  Tape* tape_;
  std::shared_ptr<const DistTensor<T>> value_;
  std::shared_ptr<GradientSlot<T>> slot_;
};

/// The record of one forward computation. Every rank records the same steps in the same order, so that the collective
/// operations of the backward pass meet. Lives at least as long as its variables are used.
class Tape {
 public:
  /// `recording` false: variables are computed but nothing is kept for a backward pass (inference).
  explicit Tape(bool recording = true) : recording_(recording) {}
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  bool recording() const noexcept { return recording_; }

  /// An input whose gradient is wanted.
  template <Scalar T>
  Variable<T> leaf(DistTensor<T> value) {
    return make(std::move(value), recording_);
  }
  /// An input whose gradient is not wanted.
  template <Scalar T>
  Variable<T> constant(DistTensor<T> value) {
    return make(std::move(value), false);
  }
  /// A parameter: its value is used in place and its gradient added to. It must outlive the backward pass.
  template <Scalar T>
  Variable<T> parameter(Parameter<T>& parameter) {
    std::shared_ptr<const DistTensor<T>> value(std::shared_ptr<void>(), &parameter.value);
    return Variable<T>(*this, std::move(value),
                       recording_ ? std::make_shared<GradientSlot<T>>(parameter.gradient) : nullptr);
  }

  /// The result of a differentiable step: `backward` receives dL/d(value) and hands each input's share to its slot. It
  /// keeps alive what it captures. Not recorded when `wanted` (some input requires a gradient) is false.
  template <Scalar T>
  Variable<T> record(DistTensor<T> value, bool wanted, std::function<void(DistTensor<T>&&)> backward) {
    Variable<T> result = make(std::move(value), wanted && recording_);
    if (result.requires_gradient()) {
      // Only the slot is captured: the value may be freed before the backward pass.
      steps_.push_back([slot = result.slot(), backward = std::move(backward)] {
        if (!slot->gathered()) return;
        DistTensor<T> gradient = std::move(*slot->gathered());
        slot->gathered().reset();
        backward(std::move(gradient));
      });
    }
    return result;
  }

  /// Propagates `gradient` = dL/d(output) back through every recorded step, last first, then forgets the steps.
  /// Collective. Throws ShapeError unless the gradient lives in the output's space.
  template <Scalar T>
  void backward(const Variable<T>& output, DistTensor<T> gradient) {
    require_space("Tape::backward", "gradient of the output", gradient, output.space());
    if (!output.requires_gradient()) throw ArgumentError("Tape::backward: the output depends on no leaf or parameter");
    output.slot()->accumulate(std::move(gradient));
    while (!steps_.empty()) {
      const auto step = std::move(steps_.back());
      steps_.pop_back();
      step();
    }
  }

 private:
  template <Scalar T>
  Variable<T> make(DistTensor<T> value, bool wanted) {
    return Variable<T>(*this, std::make_shared<const DistTensor<T>>(std::move(value)),
                       wanted ? std::make_shared<GradientSlot<T>>() : nullptr);
  }

  bool recording_;
  std::vector<std::function<void()>> steps_;
};

}  // namespace tessera
