#pragma once

/// \file
/// Operators on variables.

#include <concepts>
#include <memory>
#include <string>
#include <utility>

#include "tessera/autograd/variable.hpp"
#include "tessera/primitives/linear_operator.hpp"

namespace tessera {

/// y = F x, differentiated by the operator's adjoint: dL/dx = F* dL/dy. Makes any user's LinearOperator differentiable.
/// Collective, like the operator. (Call it as tessera::apply: std::apply is found too wherever a std type is an
/// argument.)
template <class Op, Scalar X>
requires std::derived_from<Op, LinearOperator<X, typename Op::Range>>
auto apply(const std::shared_ptr<Op>& op, const Variable<X>& x) {
  using Y = typename Op::Range;
  return x.tape().template record<Y>(
      op->forward(x.value()), x.requires_gradient(),
      [op, slot = x.slot()](DistTensor<Y>&& gradient) { slot->accumulate(op->adjoint(gradient)); });
}

/// A differentiable, not necessarily linear operator. Users derive from it as from LinearOperator.
template <Scalar X, Scalar Y = X>
class DifferentiableOperator {
 public:
  using Range = Y;

  DifferentiableOperator(const DifferentiableOperator&) = delete;
  DifferentiableOperator& operator=(const DifferentiableOperator&) = delete;
  virtual ~DifferentiableOperator() = default;

  const std::string& name() const noexcept { return name_; }
  const TensorSpace& domain() const noexcept { return domain_; }
  const TensorSpace& range() const noexcept { return range_; }

  /// y = f(x). Collective. Throws ShapeError unless x lives in the domain.
  DistTensor<Y> forward(const DistTensor<X>& x) const {
    require_space(name_.c_str(), "input of forward", x, domain_);
    DistTensor<Y> y(range_);
    do_forward(x, y);
    return y;
  }
  /// f'(x)* gy, the gradient with respect to x. Collective. Throws ShapeError unless x and gy fit.
  DistTensor<X> backward(const DistTensor<X>& x, const DistTensor<Y>& gradient) const {
    require_space(name_.c_str(), "input of backward", x, domain_);
    require_space(name_.c_str(), "gradient", gradient, range_);
    DistTensor<X> result(domain_);
    do_backward(x, gradient, result);
    return result;
  }

 protected:
  DifferentiableOperator(std::string name, TensorSpace domain, TensorSpace range)
      : name_(std::move(name)), domain_(std::move(domain)), range_(std::move(range)) {}

 private:
  virtual void do_forward(const DistTensor<X>& x, DistTensor<Y>& y) const = 0;
  virtual void do_backward(const DistTensor<X>& x, const DistTensor<Y>& gradient, DistTensor<X>& result) const = 0;

  std::string name_;
  TensorSpace domain_;
  TensorSpace range_;
};

/// y = f(x), differentiated by the operator's backward. Collective.
template <class Op, Scalar X>
requires std::derived_from<Op, DifferentiableOperator<X, typename Op::Range>>
auto apply(const std::shared_ptr<Op>& op, const Variable<X>& x) {
  using Y = typename Op::Range;
  return x.tape().template record<Y>(op->forward(x.value()), x.requires_gradient(), [op, x](DistTensor<Y>&& gradient) {
    x.slot()->accumulate(op->backward(x.value(), gradient));
  });
}

/// x + y
template <Scalar T>
Variable<T> add(const Variable<T>& x, const Variable<T>& y) {
  DistTensor<T> sum = x.value().clone();
  axpy(1.0, y.value(), sum);
  return x.tape().template record<T>(std::move(sum), x.requires_gradient() || y.requires_gradient(),
                                     [xs = x.slot(), ys = y.slot()](DistTensor<T>&& gradient) {
                                       if (xs && ys) ys->accumulate(gradient.clone());
                                       (xs ? xs : ys)->accumulate(std::move(gradient));
                                     });
}

}  // namespace tessera
