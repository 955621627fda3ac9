#include "tessera/comm/device_communicator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <complex>
#include <numeric>
#include <optional>

#include "support/mpi_fixture.hpp"
#include "tessera/comm/data_collectives.hpp"
#include "tessera/comm/placement.hpp"
#include "tessera/core/device_buffer.hpp"
#include "tessera/core/device_copy.hpp"
#include "tessera/core/storage.hpp"

namespace tessera {
namespace {

using testing_support::world;

/// Longer than a staging buffer of a few MiB in every type.
const std::vector<Index> kCounts = {0, 1, 17, 5'000, 3'000'001};

/// A rank's device and every route the ranks can take. Without a device on every rank the tests are skipped.
class DeviceCollectives : public testing::Test {
 protected:
  void SetUp() override {
    if (world()->all_min(device_count() > 0 ? 1 : 0) == 0) GTEST_SKIP() << "skipped: no device: " << why_no_device();
    select_device(node_of(*world()).rank());
    stream_.emplace();
    routes_.emplace_back(world(), DeviceBackend::mpi);
    const DeviceFacts facts = find_device_facts(*world());
    if (facts.nccl_missing.empty() && facts.shared_device.empty()) routes_.emplace_back(world(), DeviceBackend::nccl);
  }

  const Stream& stream() const { return *stream_; }
  const std::vector<DeviceCommunicator>& routes() const { return routes_; }

  template <class T>
  DeviceBuffer<T> to_device(const std::vector<T>& values) const {
    DeviceBuffer<T> buffer(stream(), static_cast<Index>(values.size()));
    copy_async(stream(), buffer.size(), values.data(), buffer.data());
    return buffer;
  }
  template <class T>
  std::vector<T> to_host(const DeviceCommunicator& ranks, const DeviceBuffer<T>& buffer) const {
    ranks.wait(stream());
    std::vector<T> values(static_cast<std::size_t>(buffer.size()));
    copy_async(stream(), buffer.size(), buffer.data(), values.data());
    stream().synchronize();
    return values;
  }

 private:
  std::optional<Stream> stream_;
  std::vector<DeviceCommunicator> routes_;
};

/// Small integers, exact in every type and sum.
template <class T>
std::vector<T> values_of(int rank, Index count) {
  std::vector<T> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto value = static_cast<RealPart<T>>((rank + 1) * static_cast<int>(i % 1000 + 1));
    if constexpr (ComplexScalar<T>) {
      values[i] = {value, -2 * value};
    } else {
      values[i] = value;
    }
  }
  return values;
}

template <class T>
std::vector<T> sum_of(int ranks, Index count) {
  return values_of<T>(ranks * (ranks + 1) / 2 - 1, count);
}

std::vector<Index> uneven(int ranks, Index scale) {
  std::vector<Index> counts;
  for (int rank = 0; rank < ranks; ++rank) counts.push_back(rank % 3 == 1 ? 0 : scale * (rank + 1) + rank % 2);
  return counts;
}

template <class T>
class DeviceCollectivesOf : public DeviceCollectives {};
using Types = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(DeviceCollectivesOf, Types);

TYPED_TEST(DeviceCollectivesOf, AreExactOnEveryRoute) {
  using T = TypeParam;
  const int me = world()->rank(), ranks = world()->size();
  for (const DeviceCommunicator& route : this->routes()) {
    for (const Index count : kCounts) {
      const int root = static_cast<int>(count) % ranks;
      auto values = this->to_device(values_of<T>(me, count));
      route.broadcast(this->stream(), values.data(), count, root);
      EXPECT_TRUE(this->to_host(route, values) == values_of<T>(root, count)) << count << route.choice().reason;

      values = this->to_device(values_of<T>(me, count));
      route.sum_to_root(this->stream(), values.data(), count, root);
      const auto kept = me == root ? sum_of<T>(ranks, count) : values_of<T>(me, count);
      EXPECT_TRUE(this->to_host(route, values) == kept) << count << route.choice().reason;

      values = this->to_device(values_of<T>(me, count));
      route.all_sum(this->stream(), values.data(), count);
      EXPECT_TRUE(this->to_host(route, values) == sum_of<T>(ranks, count)) << count << route.choice().reason;
    }
  }
}

TYPED_TEST(DeviceCollectivesOf, ScatterAndGatherPieces) {
  using T = TypeParam;
  const int me = world()->rank(), ranks = world()->size();
  const std::vector<Index> even(static_cast<std::size_t>(ranks), 1000);
  for (const DeviceCommunicator& route : this->routes()) {
    for (const std::vector<Index>& counts : {even, uneven(ranks, 0), uneven(ranks, 1), uneven(ranks, 700'001)}) {
      const Index mine = counts[static_cast<std::size_t>(me)];
      const Index start = std::accumulate(counts.begin(), counts.begin() + me, Index{0});
      const Index total = std::accumulate(counts.begin(), counts.end(), Index{0});
      const auto values = this->to_device(values_of<T>(me, total));
      DeviceBuffer<T> own(this->stream(), mine);
      route.reduce_scatter(this->stream(), values.data(), own.data(), counts);
      const auto sum = sum_of<T>(ranks, total);
      const std::vector<T> piece(sum.begin() + start, sum.begin() + start + mine);
      EXPECT_TRUE(this->to_host(route, own) == piece) << total << route.choice().reason;

      auto whole = this->to_device(std::vector<T>(static_cast<std::size_t>(total)));
      copy_async(this->stream(), mine, own.data(), whole.data() + start);
      route.all_gather(this->stream(), whole.data(), counts);
      EXPECT_TRUE(this->to_host(route, whole) == sum) << total << route.choice().reason;
    }
  }
}

TEST_F(DeviceCollectives, ExchangeMessagesOfUnequalLength) {
  const int me = world()->rank(), ranks = world()->size();
  const auto length = [](int from, int to) { return from == 1 ? Index{0} : Index{1'000'003} * (from + 1) + to; };
  const auto text = [&](int from, int to) {
    std::vector<double> values(static_cast<std::size_t>(length(from, to)));
    std::iota(values.begin(), values.end(), 1000.0 * from + to);
    return values;
  };
  for (const DeviceCommunicator& route : routes()) {
    std::vector<DeviceBuffer<double>> out, in;
    std::vector<Message> sends, receives;
    std::vector<int> peers;
    for (int peer = 0; peer < ranks; ++peer) {
      if (peer == me) continue;
      peers.push_back(peer);
      out.push_back(to_device(text(me, peer)));
      in.emplace_back(stream(), length(peer, me));
      sends.push_back({peer, out.back().data(), 8 * out.back().size()});
      receives.push_back({peer, in.back().data(), 8 * in.back().size()});
    }
    route.exchange(stream(), sends, receives);
    for (std::size_t i = 0; i < in.size(); ++i) EXPECT_TRUE(to_host(route, in[i]) == text(peers[i], me));
  }
}

TEST_F(DeviceCollectives, BookWhatTheySendLikeCommunicator) {
  const int ranks = world()->size();
  constexpr Index kCount = 100;
  const std::vector<Index> counts = uneven(ranks, 3);
  const Index total = std::accumulate(counts.begin(), counts.end(), Index{0});
  std::vector<double> values(static_cast<std::size_t>(total + kCount)), own(static_cast<std::size_t>(total + 1));
  const auto sent = [&](auto&& body) {
    world()->ledger().clear();
    body();
    return world()->ledger().total();
  };
  const Traffic expected = sent([&] {
    world()->broadcast(values.data(), kCount, 0);
    world()->sum_to_root(values.data(), kCount, 0);
    world()->all_sum(values.data(), kCount);
    if (ranks > 1) world()->reduce_scatter<double>(values.data(), own.data(), counts);
    if (ranks > 1) world()->all_gather<double>(values.data(), counts);
  });
  auto there = to_device(values);
  auto own_there = to_device(own);
  for (const DeviceCommunicator& route : routes()) {
    EXPECT_EQ(sent([&] {
                route.broadcast(stream(), there.data(), kCount, 0);
                route.sum_to_root(stream(), there.data(), kCount, 0);
                route.all_sum(stream(), there.data(), kCount);
                route.reduce_scatter(stream(), std::as_const(there).data(), own_there.data(), counts);
                route.all_gather(stream(), there.data(), counts);
                route.wait(stream());
              }),
              expected);
  }
}

TEST_F(DeviceCollectives, RefuseWhatDoesNotExist) {
  DeviceBuffer<double> value(stream(), 1);
  const int ranks = world()->size();
  const std::vector<Index> counts(static_cast<std::size_t>(ranks + 1), 0);
  for (const DeviceCommunicator& route : routes()) {
    EXPECT_THROW(route.broadcast(stream(), value.data(), 1, ranks), ArgumentError);
    EXPECT_THROW(route.sum_to_root(stream(), value.data(), -1, 0), ArgumentError);
    EXPECT_THROW(route.all_gather(stream(), value.data(), counts), ArgumentError);
    EXPECT_THROW(route.exchange(stream(), std::vector<Message>{{world()->rank(), value.data(), 8}}, {}), ArgumentError);
    EXPECT_THROW(route.exchange(stream(), {}, std::vector<Message>{{ranks, value.data(), 8}}), ArgumentError);
  }
}

TEST_F(DeviceCollectives, AutomaticTakesARouteAndSaysWhy) {
  const DeviceCommunicator automatic(world());
  EXPECT_FALSE(automatic.choice().reason.empty());
  EXPECT_EQ(automatic.choice().route == DeviceRoute::nccl, routes().size() == 2);
}

TEST_F(DeviceCollectives, NcclIsRefusedWhereRanksShareADevice) {
  const DeviceFacts facts = find_device_facts(*world());
  if (facts.shared_device.empty()) GTEST_SKIP() << "every rank has a device of its own";
  EXPECT_THROW(DeviceCommunicator(world(), DeviceBackend::nccl), NcclError);
}

/// What is split from a communicator on a device computes there, too, and its sums are right.
TEST_F(DeviceCollectives, ACommunicatorOnADeviceHandsItOn) {
  const Device device = Device::cuda(node_of(*world()).rank());
  const Communicator on_device = world()->on(device, DeviceBackend::mpi);
  EXPECT_EQ(on_device.device(), device);
  ASSERT_NE(on_device.device_choice(), nullptr);
  EXPECT_NE(on_device.device_choice()->reason.find("mpi was asked for"), std::string::npos);
  const Communicator half = on_device.split(world()->rank() % 2, world()->rank());
  EXPECT_EQ(half.device(), device);
  DeviceBuffer<double> one(device.stream(), 1);
  const double mine = 1.0;
  copy_values<double>(device, 1, &mine, one.data());
  DataCollectives(half).all_sum(one.data(), 1);
  double sum = 0.0;
  copy_values<double>(device, 1, one.data(), &sum);
  EXPECT_EQ(sum, static_cast<double>(half.size()));

  EXPECT_FALSE(on_device.on(Device::cpu()).device().is_cuda());
  if (world()->size() == 1) return;
  EXPECT_THROW(world()->on(world()->rank() == 0 ? device : Device::cpu()), ArgumentError);
}

}  // namespace
}  // namespace tessera
