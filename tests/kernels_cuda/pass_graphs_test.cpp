#include "models/engine/backends/pass_graphs.hpp"

#include <stdexcept>

#include "kernels/elementwise.hpp"
#include "tests/kernels_cuda/on_device.hpp"

namespace tessera::engine {
namespace {

class PassGraphsTest : public test::OnDevice {};

TEST_F(PassGraphsTest, RecordsWhatComesAgainAndReplaysItOnTheValuesOfTheTime) {
  using enum PassGraphs::Way;
  const std::vector<double> ones(1000, 1.0);
  const DeviceBuffer<double> x = to_device(ones);
  DeviceBuffer<double> y = to_device(ones);
  int calls = 0;
  const auto add = [&](double factor) {
    return [&, factor] {
      ++calls;
      DeviceBuffer<double> twice(stream(), 1000);
      copy_async(stream(), 1000, x.data(), twice.data());
      kernels::scale<double>(stream(), 1000, 2.0, twice.data());
      kernels::axpy<double>(stream(), 1000, factor, twice.data(), y.data());
    };
  };
  PassGraphs graphs;
  EXPECT_EQ(graphs.run(stream(), {1, 7}, add(1.0)), carried_out);
  EXPECT_EQ(graphs.run(stream(), {1, 8}, add(10.0)), carried_out);
  EXPECT_EQ(graphs.run(stream(), {1, 7}, add(1.0)), recorded);
  EXPECT_EQ(to_host(y), std::vector<double>(1000, 25.0));
  EXPECT_EQ(graphs.run(stream(), {1, 7}, add(1.0)), replayed);
  EXPECT_EQ(graphs.run(stream(), {1, 7}, add(1.0)), replayed);
  EXPECT_EQ(to_host(y), std::vector<double>(1000, 29.0));
  EXPECT_EQ(calls, 3);
}

TEST_F(PassGraphsTest, AFailureWhileRecordingIsTold) {
  PassGraphs graphs;
  graphs.run(stream(), {1}, [] {});
  EXPECT_THROW(graphs.run(stream(), {1}, [] { throw std::runtime_error("no"); }), std::runtime_error);
  // The stream is itself again, and the pass can still be recorded.
  EXPECT_EQ(to_host(to_device(std::vector<double>{3.0})), std::vector<double>{3.0});
  EXPECT_EQ(graphs.run(stream(), {1}, [] {}), PassGraphs::Way::recorded);
}

}  // namespace
}  // namespace tessera::engine
