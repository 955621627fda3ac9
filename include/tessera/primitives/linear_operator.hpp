#pragma once

/// \file
/// Linear operators between spaces of distributed tensors: everything that moves data, and what users write.

#include <memory>
#include <string>
#include <utility>

#include "tessera/comm/collective_guard.hpp"
#include "tessera/tensor/dist_tensor.hpp"

namespace tessera {

/// The communicator of all ranks that hold tiles in one of two partitions of one communicator; invalid on the others.
/// Collective over those ranks.
const Communicator& active_ranks(const Partition& a, const Partition& b);

/// A linear operator F: domain -> range with its adjoint F*, <F x, y> = <x, F* y> in the inner product
/// Re sum conj(a) b over all active ranks (see TensorSpace for replicated tensors).
///
/// A user's operator derives from this class, passes its two spaces to the constructor and overrides do_forward and
/// do_adjoint; adjoint_test checks it, apply (autograd) differentiates it. Both are called on every rank of the
/// communicator, inactive ranks included; the output is allocated, its contents unspecified.
/// Operators are immutable once built, except for scratch memory they reuse: one rank applies one at a time.
template <Scalar X, Scalar Y = X>
class LinearOperator {
 public:
  using Domain = X;
  using Range = Y;

  LinearOperator(const LinearOperator&) = delete;
  LinearOperator& operator=(const LinearOperator&) = delete;
  virtual ~LinearOperator() = default;

  const std::string& name() const noexcept { return name_; }
  const TensorSpace& domain() const noexcept { return domain_; }
  const TensorSpace& range() const noexcept { return range_; }
  const Communicator& communicator() const noexcept { return *domain_.partition.communicator(); }

  /// y = F x. Collective. Throws ShapeError unless x lives in the domain.
  DistTensor<Y> forward(const DistTensor<X>& x) const {
    require_space(name_.c_str(), "input of forward", x, domain_);
    DistTensor<Y> y(range_);
    forward_into(x, y);
    return y;
  }

  /// The same in a y that exists already. Operators that consist of others may give it other memory. Collective. Throws
  /// ShapeError unless x lives in the domain and y in the range.
  void forward_into(const DistTensor<X>& x, DistTensor<Y>& y) const {
    require_space(name_.c_str(), "input of forward", x, domain_);
    require_space(name_.c_str(), "output of forward", y, range_);
    const CollectiveGuard guard(guarded(), name_ + "::forward", domain_.shape);
    const TrafficScope scope(communicator().ledger(), name_);
    do_forward(x, y);
  }

  /// x = F* y. Collective. Throws ShapeError unless y lives in the range.
  DistTensor<X> adjoint(const DistTensor<Y>& y) const {
    require_space(name_.c_str(), "input of adjoint", y, range_);
    const CollectiveGuard guard(guarded(), name_ + "::adjoint", range_.shape);
    const TrafficScope scope(communicator().ledger(), name_);
    DistTensor<X> x(domain_);
    do_adjoint(y, x);
    return x;
  }

 protected:
  /// The name appears in error messages and in the traffic ledger.
  LinearOperator(std::string name, TensorSpace domain, TensorSpace range)
      : name_(std::move(name)), domain_(std::move(domain)), range_(std::move(range)) {
    if (domain_.partition.communicator() != range_.partition.communicator()) {
      throw PartitionError(name_ + ": domain and range must use the same communicator");
    }
  }

 private:
  virtual void do_forward(const DistTensor<X>& x, DistTensor<Y>& y) const = 0;
  virtual void do_adjoint(const DistTensor<Y>& y, DistTensor<X>& x) const = 0;

  /// The ranks that must call the operator in the same order, asked only while checks are on. Ranks without a tile on
  /// either side may be busy elsewhere.
  virtual const Communicator& participants() const { return active_ranks(domain_.partition, range_.partition); }
  const Communicator& guarded() const { return collective_checks_enabled() ? participants() : communicator(); }

  std::string name_;
  TensorSpace domain_;
  TensorSpace range_;
};

/// F* as an operator of its own.
template <Scalar X, Scalar Y = X>
class Adjoint final : public LinearOperator<X, Y> {
 public:
  explicit Adjoint(std::shared_ptr<const LinearOperator<Y, X>> op)
      : LinearOperator<X, Y>("Adjoint(" + op->name() + ")", op->range(), op->domain()), operator_(std::move(op)) {}

 private:
  void do_forward(const DistTensor<X>& x, DistTensor<Y>& y) const override { y = operator_->adjoint(x); }
  void do_adjoint(const DistTensor<Y>& y, DistTensor<X>& x) const override { x = operator_->forward(y); }

  std::shared_ptr<const LinearOperator<Y, X>> operator_;
};

/// Second after first: y = G (F x); adjoint F* G*. Throws ShapeError unless F's range is G's domain.
template <Scalar X, Scalar Y, Scalar Z>
class Compose final : public LinearOperator<X, Z> {
 public:
  Compose(std::shared_ptr<const LinearOperator<X, Y>> first, std::shared_ptr<const LinearOperator<Y, Z>> second)
      : LinearOperator<X, Z>(second->name() + " after " + first->name(), first->domain(), second->range()),
        first_(std::move(first)),
        second_(std::move(second)) {
    if (!(first_->range() == second_->domain())) {
      throw ShapeError("Compose: " + first_->name() + " ends in " + to_string(first_->range()) + ", " +
                       second_->name() + " starts from " + to_string(second_->domain()));
    }
  }

 private:
  void do_forward(const DistTensor<X>& x, DistTensor<Z>& z) const override { z = second_->forward(first_->forward(x)); }
  void do_adjoint(const DistTensor<Z>& z, DistTensor<X>& x) const override { x = first_->adjoint(second_->adjoint(z)); }

  std::shared_ptr<const LinearOperator<X, Y>> first_;
  std::shared_ptr<const LinearOperator<Y, Z>> second_;
};

}  // namespace tessera
