#include "tessera/tensor/field.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "support/mpi_fixture.hpp"

namespace tessera {
namespace {

using testing_support::world;

TEST(Field, BoxesOfATensorAreReadAndWritten) {
  const Shape shape{3, 4 * world()->size(), 5};
  DistTensor<double> x({shape, Partition(world(), {1, world()->size(), 1})});
  fill(x, [](Index i) { return static_cast<double>(i); });
  const TensorReader<double> reader(x);
  EXPECT_EQ(reader.shape(), shape);
  auto copy = DistTensor<double>::zeros(x.space());
  TensorWriter<double> writer(copy);
  EXPECT_EQ(writer.shape(), shape);
  const Index row = x.box().start[1];
  for (const Index first : {Index{0}, Index{2}}) {
    const Box box{{0, row + first, 0}, {3, 2, 5}};
    std::vector<double> values(static_cast<std::size_t>(box.volume()));
    reader.read(box, values.data());
    EXPECT_EQ(values[5], static_cast<double>((row + first + 1) * 5));
    writer.write(box, values.data());
  }
  const HostInput<double> found(copy.local()), expected(x.local());
  for (Index i = 0; i < x.local_size(); ++i) EXPECT_EQ(found.data()[i], expected.data()[i]);
}

TEST(Field, WhatThisRankDoesNotHoldIsRefused) {
  const Shape shape{2, 2 * world()->size()};
  DistTensor<float> x({shape, Partition(world(), {1, world()->size()})});
  std::vector<float> values(8);
  const Box beyond{{0, x.box().start[1] + 1}, {2, 2}};
  EXPECT_THROW(TensorReader<float>(x).read(beyond, values.data()), ShapeError);
  EXPECT_THROW(TensorWriter<float>(x).write(beyond, values.data()), ShapeError);
}

}  // namespace
}  // namespace tessera
