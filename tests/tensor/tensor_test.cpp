#include "tessera/tensor/tensor.hpp"

#include <gtest/gtest.h>

#include <complex>
#include <numeric>

namespace tessera {
namespace {

Tensor<double> counting(const Shape& shape) {
  Tensor<double> tensor(shape);
  std::iota(tensor.begin(), tensor.end(), 0.0);
  return tensor;
}

TEST(Tensor, OwnsItsElements) {
  Tensor<double> tensor = counting({2, 3});
  EXPECT_EQ(tensor.size(), 6);
  EXPECT_EQ(tensor.shape(), (Shape{2, 3}));
  const Tensor<double> copied = tensor.clone();
  tensor.set_zero();
  EXPECT_EQ(copied.shape(), tensor.shape());
  for (Index i = 0; i < 6; ++i) {
    EXPECT_EQ(copied[i], static_cast<double>(i));
    EXPECT_EQ(tensor[i], 0.0);
  }
}

TEST(Tensor, IsEmptyByDefaultAndWhereAnExtentIsZero) {
  EXPECT_EQ(Tensor<float>().size(), 0);
  Tensor<float> empty({3, 0, 2});
  EXPECT_EQ(empty.size(), 0);
  EXPECT_EQ(empty.begin(), empty.end());
  empty.set_zero();
  EXPECT_EQ(empty.clone().shape(), (Shape{3, 0, 2}));
}

TEST(Tensor, ZerosAreZero) {
  for (const auto value : Tensor<std::complex<float>>::zeros({5})) EXPECT_EQ(value, std::complex<float>{});
}

TEST(Tensor, RefusesNegativeExtents) { EXPECT_THROW(Tensor<float>({2, -1}), ShapeError); }

TEST(TensorView, CopiesAndAddsInsideABox) {
  const Tensor<double> source = counting({3, 4});
  Tensor<double> target = Tensor<double>::zeros({4, 5});
  const Box from{{1, 1}, {2, 3}};
  const Box to{{2, 0}, {2, 3}};
  copy<double>(source.view().subview(from), target.view().subview(to));
  add<double>(Device::cpu(), source.view().subview(from), target.view().subview(to));
  for (Index row = 0; row < 4; ++row) {
    for (Index column = 0; column < 5; ++column) {
      const bool inside = row >= 2 && column < 3;
      const double expected = inside ? 2.0 * static_cast<double>((row - 1) * 4 + column + 1) : 0.0;
      EXPECT_EQ(target[row * 5 + column], expected) << row << ", " << column;
    }
  }
}

TEST(TensorView, RefusesOtherExtents) {
  const Tensor<double> source = counting({3, 4});
  Tensor<double> target({4, 3});
  EXPECT_THROW(copy<double>(source.view(), target.view()), ShapeError);
  EXPECT_THROW(add<double>(Device::cpu(), source.view(), target.view()), ShapeError);
}

}  // namespace
}  // namespace tessera
