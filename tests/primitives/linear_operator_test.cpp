#include "tessera/primitives/linear_operator.hpp"

#include <complex>

#include "tessera/primitives/all_sum.hpp"
#include "tessera/primitives/repartition.hpp"
#include "tessera/testing/adjoint_test.hpp"
#include "testing/tensors.hpp"

namespace tessera {
namespace {

using testing_support::index_valued;
using testing_support::world;
using testing_support::wrong_elements;

/// A user's operator: x -> i a x from real to complex tensors.
class TimesImaginary final : public LinearOperator<double, std::complex<double>> {
 public:
  TimesImaginary(const TensorSpace& space, double factor)
      : LinearOperator("TimesImaginary", space, space), factor_(factor) {}

 private:
  void do_forward(const DistTensor<double>& x, DistTensor<std::complex<double>>& y) const override {
    const HostInput<double> in(x.local());
    HostOutput<std::complex<double>> out(y.local());
    for (Index i = 0; i < in.size(); ++i) out.data()[i] = {0.0, factor_ * in.data()[i]};
    out.store();
  }
  void do_adjoint(const DistTensor<std::complex<double>>& y, DistTensor<double>& x) const override {
    const HostInput<std::complex<double>> in(y.local());
    HostOutput<double> out(x.local());
    for (Index i = 0; i < in.size(); ++i) out.data()[i] = factor_ * in.data()[i].imag();
    out.store();
  }

  double factor_;
};

TensorSpace rows() { return {{5, 4}, {world(), Shape{world()->size(), 1}}}; }
TensorSpace columns() { return {{5, 4}, {world(), Shape{1, world()->size()}}}; }

std::shared_ptr<const Repartition<double>> rows_to_columns() {
  return std::make_shared<const Repartition<double>>(rows().shape, rows().partition, columns().partition);
}

TEST(LinearOperator, ServesAUsersOperator) {
  const TimesImaginary op(rows(), 3.0);
  EXPECT_EQ(op.name(), "TimesImaginary");
  EXPECT_TRUE(adjoint_test(op, 5).passes(kAdjointTolerance<double>));
  const DenseMatrix matrix = dense_matrix_of(op);
  EXPECT_EQ(matrix.rows, 40);
  EXPECT_EQ(matrix.columns, 20);
  EXPECT_EQ(matrix(2 * 7 + 1, 7), 3.0);
  EXPECT_EQ(matrix(2 * 7, 7), 0.0);
  EXPECT_EQ(dense_matrix_of_adjoint(op), transposed(matrix));
}

TEST(LinearOperator, WritesToATensorThatExists) {
  const auto move = rows_to_columns();
  auto y = DistTensor<double>::zeros(columns());
  const double* address = y.data();
  move->forward_into(index_valued<double>(rows()), y);
  EXPECT_EQ(wrong_elements(y), 0);
  EXPECT_EQ(y.data(), address);
  auto other = DistTensor<double>::zeros({{3, 3}, columns().partition});
  EXPECT_THROW(move->forward_into(index_valued<double>(rows()), other), ShapeError);
}

TEST(LinearOperator, RefusesSpacesOfDifferentCommunicators) {
  const auto other = std::make_shared<const Communicator>(world()->split(0, world()->rank()));
  const Partition elsewhere(other, Shape{other->size()});
  EXPECT_THROW(Repartition<double>({4}, {world(), Shape{world()->size()}}, elsewhere), PartitionError);
}

TEST(LinearOperator, NamesTheOperatorAndBothSpacesInItsErrors) {
  const auto move = rows_to_columns();
  try {
    move->forward(index_valued<double>({{3, 3}, rows().partition}));
    ADD_FAILURE() << "no error";
  } catch (const ShapeError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("Repartition"), std::string::npos) << message;
    EXPECT_NE(message.find("[5, 4]"), std::string::npos) << message;
    EXPECT_NE(message.find("[3, 3]"), std::string::npos) << message;
  }
}

TEST(Adjoint, SwapsForwardAndAdjoint) {
  const Adjoint<double> back(rows_to_columns());
  EXPECT_EQ(back.name(), "Adjoint(Repartition)");
  EXPECT_EQ(back.domain(), columns());
  EXPECT_EQ(back.range(), rows());
  EXPECT_EQ(wrong_elements(back.forward(index_valued<double>(columns()))), 0);
  EXPECT_EQ(wrong_elements(back.adjoint(index_valued<double>(rows()))), 0);
  EXPECT_TRUE(adjoint_test(back, 6).passes(kAdjointTolerance<double>));
}

TEST(Compose, AppliesTheSecondAfterTheFirst) {
  const auto scale = std::make_shared<const TimesImaginary>(columns(), 2.0);
  const Compose<double, double, std::complex<double>> both(rows_to_columns(), scale);
  EXPECT_EQ(both.name(), "TimesImaginary after Repartition");
  const auto y = both.forward(index_valued<double>(rows()));
  const HostInput<std::complex<double>> values(y.local());
  for_each_row(y.shape(), y.box(), [&](Index offset, Index local, Index length) {
    for (Index i = 0; i < length; ++i) {
      const auto expected = std::complex<double>(0.0, 2.0 * static_cast<double>(offset + i + 1));
      EXPECT_EQ(values.data()[local + i], expected);
    }
  });
  EXPECT_TRUE(adjoint_test(both, 7).passes(kAdjointTolerance<double>));
  EXPECT_EQ(dense_matrix_of_adjoint(both), transposed(dense_matrix_of(both)));
}

TEST(Compose, BooksTrafficUnderTheOutermostName) {
  const auto there = rows_to_columns();
  const auto back = std::make_shared<const Adjoint<double>>(there);
  const Compose<double, double, double> round_trip(there, back);
  world()->ledger().clear();
  EXPECT_EQ(wrong_elements(round_trip.forward(index_valued<double>(rows()))), 0);
  EXPECT_EQ(world()->ledger().of("Repartition"), Traffic{});
  EXPECT_EQ(world()->ledger().of(round_trip.name()), world()->ledger().total());
}

TEST(Compose, RefusesOperatorsThatDoNotFit) {
  if (world()->size() == 1) GTEST_SKIP() << "rows and columns agree on one rank";
  const auto move = rows_to_columns();
  using Twice = Compose<double, double, double>;
  EXPECT_THROW(Twice(move, move), ShapeError);
}

}  // namespace
}  // namespace tessera
