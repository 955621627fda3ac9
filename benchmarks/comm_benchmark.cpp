/// \file
/// Bandwidth of the data movements, against the plain call that moves as much between plain buffers (MPI's, or on a
/// device that of its communicator), and against a copy.

#include <algorithm>
#include <map>
#include <memory>

#include "harness.hpp"
#include "tessera/comm/data_collectives.hpp"
#include "tessera/comm/mpi_environment.hpp"
#include "tessera/core/storage.hpp"
#include "tessera/primitives/broadcast.hpp"
#include "tessera/primitives/repartition.hpp"

namespace {

using namespace tessera;

/// Sizes of one measurement: every rank holds a tile (or, where all get everything, a share) of `count` floats.
struct Size {
  const bench::World& world;
  Index ranks;
  Index count;

  bool on_cuda() const { return world->device().is_cuda(); }
};

/// What is to be timed, and the payload a rank sends or receives per call, whichever is more.
struct Pair {
  std::function<void()> ours;
  std::function<void()> raw;
  double payload;
};

std::shared_ptr<Storage<float>> filled(const bench::World& world, Index count) {
  auto storage = std::make_shared<Storage<float>>(world->device(), count);
  const std::vector<float> ones(static_cast<std::size_t>(count), 1.0f);
  copy_values(world->device(), count, ones.data(), storage->data());
  return storage;
}

template <class Operator>
std::function<void()> forward_of(const std::shared_ptr<const Operator>& op) {
  const auto x = std::make_shared<DistTensor<float>>(DistTensor<float>::zeros(op->domain()));
  return [op, x] { op->forward(*x); };
}

template <class Operator>
std::function<void()> adjoint_of(const std::shared_ptr<const Operator>& op) {
  const auto y = std::make_shared<DistTensor<float>>(DistTensor<float>::zeros(op->range()));
  return [op, y] { op->adjoint(*y); };
}

/// Rows to columns: every rank has a block for every other.
Pair repartition(const Size& size) {
  constexpr Index kColumnsPerRank = 64;
  const Index rows = std::max<Index>(1, size.count / (kColumnsPerRank * size.ranks));
  const auto op = std::make_shared<const Repartition<float>>(Shape{rows * size.ranks, kColumnsPerRank * size.ranks},
                                                             Partition(size.world, Shape{size.ranks, 1}),
                                                             Partition(size.world, Shape{1, size.ranks}));
  const Index block = rows * kColumnsPerRank;
  const auto ranks = static_cast<std::size_t>(size.ranks);
  std::vector<int> counts(ranks, static_cast<int>(block));
  counts[static_cast<std::size_t>(size.world->rank())] = 0;
  std::vector<int> offsets(ranks);
  for (std::size_t i = 0; i < ranks; ++i) offsets[i] = static_cast<int>(static_cast<Index>(i) * block);
  const auto from = filled(size.world, block * size.ranks);
  const auto to = filled(size.world, block * size.ranks);
  const double payload = static_cast<double>(block * (size.ranks - 1) * 4);
  if (size.on_cuda()) {
    std::vector<Message> sends, receives;
    for (int peer = 0; peer < size.world->size(); ++peer) {
      if (peer == size.world->rank()) continue;
      sends.push_back({peer, from->data() + peer * block, block * 4});
      receives.push_back({peer, to->data() + peer * block, block * 4});
    }
    return {
        forward_of(op),
        [=, data = DataCollectives(*size.world), kept = std::pair(from, to)] { data.start(sends, receives).wait(); },
        payload};
  }
  const MPI_Comm comm = size.world->handle();
  return {forward_of(op),
          [=] {
            check_mpi(MPI_Alltoallv(from->data(), counts.data(), offsets.data(), MPI_FLOAT, to->data(), counts.data(),
                                    offsets.data(), MPI_FLOAT, comm),
                      "MPI_Alltoallv");
          },
          payload};
}

std::shared_ptr<const Broadcast<float>> broadcast_operator(const Size& size) {
  return std::make_shared<const Broadcast<float>>(Shape{size.count}, Partition(size.world, Shape{1}),
                                                  Partition(size.world, Shape{size.ranks}));
}

Pair broadcast(const Size& size) {
  const auto values = filled(size.world, size.count);
  const auto ours = forward_of(broadcast_operator(size));
  const double payload = static_cast<double>(size.count * 4);
  if (size.on_cuda()) {
    return {ours, [=, data = DataCollectives(*size.world)] { data.broadcast(values->data(), values->size(), 0); },
            payload};
  }
  const MPI_Comm comm = size.world->handle();
  const int count = static_cast<int>(size.count);
  return {ours, [=] { check_mpi(MPI_Bcast(values->data(), count, MPI_FLOAT, 0, comm), "MPI_Bcast"); }, payload};
}

Pair sum_reduce(const Size& size) {
  const auto values = filled(size.world, size.count);
  const auto ours = adjoint_of(broadcast_operator(size));
  const double payload = static_cast<double>(size.count * 4);
  if (size.on_cuda()) {
    return {ours, [=, data = DataCollectives(*size.world)] { data.sum_to_root(values->data(), values->size(), 0); },
            payload};
  }
  const auto sum = filled(size.world, size.count);
  const MPI_Comm comm = size.world->handle();
  const int count = static_cast<int>(size.count);
  return {ours,
          [=] { check_mpi(MPI_Reduce(values->data(), sum->data(), count, MPI_FLOAT, MPI_SUM, 0, comm), "MPI_Reduce"); },
          payload};
}

/// The share of every rank becomes known to all.
std::shared_ptr<const Repartition<float>> gather_operator(const Size& size) {
  const RankGrid copies({size.ranks}, {RankGrid::kReplicate});
  return std::make_shared<const Repartition<float>>(
      Shape{size.count * size.ranks}, Partition(size.world, Shape{size.ranks}), Partition(size.world, copies));
}

Pair all_gather(const Size& size) {
  const auto all = filled(size.world, size.count * size.ranks);
  const auto ours = forward_of(gather_operator(size));
  const double payload = static_cast<double>(size.count * (size.ranks - 1) * 4);
  if (size.on_cuda()) {
    const std::vector<Index> counts(static_cast<std::size_t>(size.ranks), size.count);
    return {ours, [=, data = DataCollectives(*size.world)] { data.all_gather(all->data(), counts); }, payload};
  }
  const auto share = filled(size.world, size.count);
  const MPI_Comm comm = size.world->handle();
  const int count = static_cast<int>(size.count);
  return {ours,
          [=] {
            check_mpi(MPI_Allgather(share->data(), count, MPI_FLOAT, all->data(), count, MPI_FLOAT, comm),
                      "MPI_Allgather");
          },
          payload};
}

Pair reduce_scatter(const Size& size) {
  const auto share = filled(size.world, size.count);
  const auto all = filled(size.world, size.count * size.ranks);
  const auto ours = adjoint_of(gather_operator(size));
  const double payload = static_cast<double>(size.count * (size.ranks - 1) * 4);
  if (size.on_cuda()) {
    const std::vector<Index> counts(static_cast<std::size_t>(size.ranks), size.count);
    return {ours, [=, data = DataCollectives(*size.world)] { data.reduce_scatter(all->data(), share->data(), counts); },
            payload};
  }
  const MPI_Comm comm = size.world->handle();
  const std::vector<int> counts(static_cast<std::size_t>(size.ranks), static_cast<int>(size.count));
  return {ours,
          [=] {
            check_mpi(MPI_Reduce_scatter(all->data(), share->data(), counts.data(), MPI_FLOAT, MPI_SUM, comm),
                      "MPI_Reduce_scatter");
          },
          payload};
}

const std::map<std::string, Pair (*)(const Size&)> kOperations = {{"repartition", repartition},
                                                                  {"broadcast", broadcast},
                                                                  {"sum-reduce", sum_reduce},
                                                                  {"all-gather", all_gather},
                                                                  {"reduce-scatter", reduce_scatter}};

void measure(bench::Harness& harness, const std::string& operation, Index bytes) {
  constexpr Index kBytesPerRepeat = Index{4} << 20;
  constexpr Index kMostCalls = 100;
  const Index calls = std::clamp<Index>(kBytesPerRepeat / bytes, 1, kMostCalls);
  harness.run(operation, {{"bytes", bytes}}, [&](bench::Case& c) {
    const Size size{harness.world(), harness.world()->size(), std::max<Index>(1, bytes / 4)};
    const Pair pair = kOperations.at(operation)(size);
    const auto elements = static_cast<Index>(pair.payload) / 4;
    const auto from = filled(harness.world(), elements);
    const auto to = filled(harness.world(), elements);
    const Device device = harness.world()->device();
    const auto copy = [=] { copy_values(device, elements, from->data(), to->data()); };
    std::vector<bench::Contender> contenders = {
        {device.is_cuda() ? "collective" : "mpi", pair.raw, {}, {}, pair.payload},
        {"tessera", pair.ours, {}, {}, pair.payload}};
    if (elements > 0) contenders.push_back({device.is_cuda() ? "copy" : "memcpy", copy, {}, {}, pair.payload});
    c.compare(contenders, calls);
  });
}

int run(int argc, char** argv, const bench::World& world) {
  bench::Options options;
  Shape sizes = {4096, 65536, 1048576, 16777216};
  std::vector<std::string> operations;
  std::vector<std::string> known;
  for (const auto& [name, function] : kOperations) known.push_back(name);
  operations = known;
  bench::CommandLine line("comm",
                          "Times the data movements between all ranks, in turn with the collective that moves as "
                          "much between plain buffers (MPI's; with --device cuda that of device memory) and with a "
                          "copy. Ours allocate their result; payload per second is what the rank with most to do sends "
                          "or receives.",
                          options, {bench::Option::device});
  line.add("--operations", operations, "Which", known);
  line.add("--sizes", sizes, "Bytes of a rank's tile (all-gather, reduce-scatter: of its share)");
  if (!line.parse(argc, argv, *world)) return 0;
  if (sizes.empty() || *std::min_element(sizes.begin(), sizes.end()) < 4) {
    throw ConfigError("expected --sizes of at least 4 bytes, found " + to_string(sizes));
  }
  bench::Harness harness("comm", world, options);
  for (const std::string& operation : operations) {
    for (const Index bytes : sizes) measure(harness, operation, bytes);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return tessera::run_program(argc, argv, [&](const tessera::bench::World& world) { return run(argc, argv, world); });
}
