/// \file
/// A partitioned operator of one's own: a periodic difference along any axis, cut among ranks or not. Its adjoint is
/// checked, it is differentiated inside a nonlinear function, and that gradient is checked too.
///
///   mpirun -n 3 custom_operator

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tessera/autograd/apply.hpp"
#include "tessera/comm/mpi_environment.hpp"
#include "tessera/testing/adjoint_test.hpp"
#include "tessera/testing/gradient_test.hpp"

namespace {

using tessera::Communicator;
using tessera::DistTensor;
using tessera::Index;
using tessera::Message;
using tessera::Shape;
using tessera::TensorSpace;
using tessera::Variable;

/// Index of a tensor axis or of an entry of a shape.
std::size_t at(int axis) { return static_cast<std::size_t>(axis); }

/// The ranks that hold the previous and the next cells along `axis`, around the ends; this rank itself where it holds
/// them all. Ranks beyond the last cell hold nothing and are nobody's neighbour.
struct Neighbours {
  int previous;
  int next;

  Neighbours(const TensorSpace& space, int axis) {
    const tessera::Partition& partition = space.partition;
    previous = next = partition.communicator()->rank();
    const auto& cuts = partition.grid().cuts();
    const auto cut = std::find(cuts.begin(), cuts.end(), axis);
    if (cut == cuts.end() || space.tile().empty()) return;
    const auto grid_axis = static_cast<std::size_t>(cut - cuts.begin());
    const Index holders = std::min(partition.grid().extents()[grid_axis], space.shape[at(axis)]);
    const auto rank_at = [&](Index shift) {
      Shape coordinates = partition.grid().coordinates(partition.position());
      coordinates[grid_axis] = (coordinates[grid_axis] + shift + holders) % holders;
      return partition.ranks()[static_cast<std::size_t>(partition.grid().position(coordinates))];
    };
    previous = rank_at(-1);
    next = rank_at(+1);
  }
};

/// y[..., i, ...] = x[..., i+1, ...] - x[..., i, ...], with x[N] = x[0]: the periodic forward difference along one
/// axis. Adjoint: x[j] = y[j-1] - y[j]. Domain and range are the same space, any partition; each rank sends one plane
/// of cells to one neighbour. Collective over the ranks that hold cells.
class PeriodicDifference final : public tessera::LinearOperator<double> {
 public:
  PeriodicDifference(const TensorSpace& space, int axis)
      : LinearOperator("PeriodicDifference", space, space), neighbours_(space, axis) {
    const Shape& extent = space.tile().extent;
    cells_ = extent[at(axis)];
    for (int a = 0; a < axis; ++a) outer_ *= extent[at(a)];
    for (std::size_t a = at(axis) + 1; a < extent.size(); ++a) inner_ *= extent[a];
  }

 private:
  void do_forward(const DistTensor<double>& x, DistTensor<double>& y) const override {
    if (x.local_size() == 0) return;
    const std::vector<double> beyond = shifted_plane(plane(x, 0), neighbours_.previous, neighbours_.next);
    for_each_cell([&](Index o, Index i, Index k) {
      const double next =
          i + 1 < cells_ ? x.data()[offset(o, i + 1, k)] : beyond[static_cast<std::size_t>(o * inner_ + k)];
      y.data()[offset(o, i, k)] = next - x.data()[offset(o, i, k)];
    });
  }

  void do_adjoint(const DistTensor<double>& y, DistTensor<double>& x) const override {
    if (y.local_size() == 0) return;
    const std::vector<double> before = shifted_plane(plane(y, cells_ - 1), neighbours_.next, neighbours_.previous);
    for_each_cell([&](Index o, Index i, Index k) {
      const double previous = i > 0 ? y.data()[offset(o, i - 1, k)] : before[static_cast<std::size_t>(o * inner_ + k)];
      x.data()[offset(o, i, k)] = previous - y.data()[offset(o, i, k)];
    });
  }

  /// Position in the local tile, seen as [outer, cells along the axis, inner].
  Index offset(Index outer, Index cell, Index inner) const { return (outer * cells_ + cell) * inner_ + inner; }

  template <class Body>
  void for_each_cell(Body&& body) const {
    for (Index o = 0; o < outer_; ++o) {
      for (Index i = 0; i < cells_; ++i) {
        for (Index k = 0; k < inner_; ++k) body(o, i, k);
      }
    }
  }

  /// The cells of the local tile at one index along the axis, contiguous.
  std::vector<double> plane(const DistTensor<double>& tensor, Index cell) const {
    std::vector<double> cells;
    cells.reserve(static_cast<std::size_t>(outer_ * inner_));
    for (Index o = 0; o < outer_; ++o) {
      const double* row = tensor.data() + offset(o, cell, 0);
      cells.insert(cells.end(), row, row + inner_);
    }
    return cells;
  }

  /// Sends a plane to rank `to` and returns the one that comes from rank `from`.
  std::vector<double> shifted_plane(std::vector<double> sent, int to, int from) const {
    if (to == communicator().rank()) return sent;
    std::vector<double> received(sent.size());
    const auto bytes = static_cast<Index>(sent.size() * sizeof(double));
    const std::array sends{Message{to, sent.data(), bytes}};
    const std::array receives{Message{from, received.data(), bytes}};
    communicator().exchange(sends, receives);
    return received;
  }

  Neighbours neighbours_;
  Index cells_ = 0;
  Index outer_ = 1;
  Index inner_ = 1;
};

/// y = x^2, element by element: a nonlinear operator of one's own gives its backward, 2 x gy.
class Square final : public tessera::DifferentiableOperator<double> {
 public:
  explicit Square(const TensorSpace& space) : DifferentiableOperator("Square", space, space) {}

 private:
  void do_forward(const DistTensor<double>& x, DistTensor<double>& y) const override {
    std::transform(x.local().begin(), x.local().end(), y.local().begin(), [](double value) { return value * value; });
  }
  void do_backward(const DistTensor<double>& x, const DistTensor<double>& gradient,
                   DistTensor<double>& result) const override {
    std::transform(x.local().begin(), x.local().end(), gradient.local().begin(), result.local().begin(),
                   [](double value, double g) { return 2.0 * value * g; });
  }
};

/// L(u) = 1/2 |D D u^2|^2
class Roughness {
 public:
  Roughness(const TensorSpace& space, int axis)
      : difference_(std::make_shared<PeriodicDifference>(space, axis)), square_(std::make_shared<Square>(space)) {}

  double value(DistTensor<double> u) const {
    tessera::Tape tape(false);
    const auto z = residual(tape.constant(std::move(u)));
    return 0.5 * tessera::inner_product(z.value(), z.value());
  }

  /// dL/du, by the tape: the adjoint of D carries the gradient back across the ranks, twice.
  DistTensor<double> gradient(DistTensor<double> u) const {
    tessera::Tape tape;
    const auto leaf = tape.leaf(std::move(u));
    const auto z = residual(leaf);
    tape.backward(z, z.value().clone());
    return leaf.gradient().clone();
  }

 private:
  Variable<double> residual(const Variable<double>& u) const {
    return tessera::apply(difference_, tessera::apply(difference_, tessera::apply(square_, u)));
  }

  std::shared_ptr<const PeriodicDifference> difference_;
  std::shared_ptr<const Square> square_;
};

/// The difference of the global index along the axis: 1 everywhere, 1 - N in the last cell.
bool differences_are_exact(const TensorSpace& space, int axis) {
  DistTensor<double> x(space), expected(space);
  const Index cells = space.shape[at(axis)];
  const Index stride = tessera::row_major_strides(space.shape)[at(axis)];
  tessera::for_each_row(space.shape, x.box(), [&](Index global, Index local, Index length) {
    for (Index k = 0; k < length; ++k) {
      const Index cell = (global + k) / stride % cells;
      x.data()[local + k] = static_cast<double>(cell);
      expected.data()[local + k] = static_cast<double>(cell + 1 < cells ? 1 : 1 - cells);
    }
  });
  const auto y = PeriodicDifference(space, axis).forward(x);
  const bool equal = std::equal(y.local().begin(), y.local().end(), expected.local().begin());
  return space.partition.communicator()->all_min(equal ? 1 : 0) == 1;
}

bool check(const TensorSpace& space, int axis) {
  const bool exact = differences_are_exact(space, axis);
  const auto adjoint = tessera::adjoint_test(PeriodicDifference(space, axis), 1);

  const Roughness roughness(space, axis);
  DistTensor<double> u(space), v(space);
  tessera::fill_normal(u, tessera::RandomStream(2, "u"));
  tessera::fill_normal(v, tessera::RandomStream(2, "v"));
  const double slope = tessera::inner_product(roughness.gradient(u.clone()), v);
  const auto value_along = [&](double step) {
    DistTensor<double> moved = u.clone();
    tessera::axpy(step, v, moved);
    return roughness.value(std::move(moved));
  };
  const auto gradient = tessera::gradient_test(value_along, slope, 1e-2);

  const bool passed = exact && adjoint.passes(tessera::kAdjointTolerance<double>) && gradient.passes();
  if (space.partition.communicator()->rank() == 0) {
    std::printf("%-4s axis %d of %s: differences %s, adjoint to %.1e, Taylor orders %.2f and %.2f\n",
                passed ? "ok" : "FAIL", axis, tessera::to_string(space).c_str(), exact ? "exact" : "wrong",
                adjoint.relative_error, gradient.first_order, gradient.second_order);
  }
  return passed;
}

int program(const std::shared_ptr<const Communicator>& world) {
  const Index ranks = world->size();
  bool passed = true;
  const auto run = [&](Shape shape, Shape grid, int axis) {
    passed = check({std::move(shape), tessera::Partition(world, std::move(grid))}, axis) && passed;
  };
  run({2, 7, 3}, {1, ranks, 1}, 1);                // uneven tiles
  run({2, 7, 3}, {1, 1, ranks}, 1);                // the axis is whole on every rank
  run({3, 2, 2}, {1, ranks, 1}, 1);                // two cells: ranks beyond the second hold nothing
  run({4, 5}, {1, std::min<Index>(2, ranks)}, 1);  // ranks beyond the second are inactive
  return passed ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) { return tessera::run_program(argc, argv, program); }
