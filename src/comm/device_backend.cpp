#include "tessera/comm/device_backend.hpp"

#include <map>
#include <numeric>
#include <utility>

#include "tessera/comm/communicator.hpp"
#include "tessera/core/device_buffer.hpp"
#include "tessera/core/device_copy.hpp"

namespace tessera {

namespace {

std::string why_not_nccl(const DeviceFacts& facts) {
  return facts.nccl_missing.empty() ? facts.shared_device : facts.nccl_missing;
}

/// MPI's route, `reason` and what is known of MPI.
DeviceChoice choose_mpi(const DeviceFacts& facts, const std::string& reason) {
  return {facts.mpi_direct ? DeviceRoute::mpi_direct : DeviceRoute::mpi_staged, reason + "; " + facts.mpi_evidence};
}

/// Whether bytes of device memory sent around a ring of ranks, each to the one `distance` further, arrive whole.
bool ring_arrives(const Communicator& communicator, const Stream& stream, int distance) {
  constexpr int kCount = 1000;
  const int size = communicator.size();
  const int next = (communicator.rank() + distance) % size;
  const int previous = (communicator.rank() + size - distance) % size;
  const auto content = [](int rank) {
    std::vector<int> values(kCount);
    std::iota(values.begin(), values.end(), rank * kCount);
    return values;
  };
  const std::vector<int> mine = content(communicator.rank());
  DeviceBuffer<int> sent(stream, kCount), received(stream, kCount);
  copy_async(stream, kCount, mine.data(), sent.data());
  stream.synchronize();
  constexpr int kTag = 0;
  const int code = MPI_Sendrecv(sent.data(), kCount, MPI_INT, next, kTag, received.data(), kCount, MPI_INT, previous,
                                kTag, communicator.handle(), MPI_STATUS_IGNORE);
  if (code != MPI_SUCCESS) return false;
  std::vector<int> arrived(kCount);
  copy_async(stream, kCount, std::as_const(received).data(), arrived.data());
  stream.synchronize();
  return arrived == content(previous);
}

}  // namespace

std::string to_string(DeviceRoute route) {
  switch (route) {
    case DeviceRoute::nccl: return "nccl";
    case DeviceRoute::mpi_direct: return "mpi on device memory";
    case DeviceRoute::mpi_staged: return "mpi staged through pinned host memory";
  }
  return "";
}

DeviceChoice choose_route(DeviceBackend asked, const DeviceFacts& facts) {
  const std::string obstacle = why_not_nccl(facts);
  if (asked == DeviceBackend::mpi) return choose_mpi(facts, "mpi was asked for");
  if (asked == DeviceBackend::automatic && !obstacle.empty()) return choose_mpi(facts, "not nccl, since " + obstacle);
  if (!obstacle.empty()) throw NcclError("backend nccl: " + obstacle + "; use backend mpi");
  return {DeviceRoute::nccl, asked == DeviceBackend::nccl ? "nccl was asked for" : "every rank has its own device"};
}

std::string shared_device(const std::vector<std::array<Index, 2>>& devices) {
  std::map<std::array<Index, 2>, std::size_t> first;
  for (std::size_t rank = 0; rank < devices.size(); ++rank) {
    const auto [other, is_new] = first.emplace(devices[rank], rank);
    if (!is_new) {
      return "ranks " + std::to_string(other->second) + " and " + std::to_string(rank) + " compute on one device";
    }
  }
  return "";
}

DeviceFacts find_device_facts(const Communicator& communicator) {
  DeviceProperties device;
  communicator.together([&] { device = current_device(); });
  const std::vector<Index> high = communicator.all_gather(device.identity[0]);
  const std::vector<Index> low = communicator.all_gather(device.identity[1]);
  std::vector<std::array<Index, 2>> identities;
  for (std::size_t rank = 0; rank < high.size(); ++rank) identities.push_back({high[rank], low[rank]});

  DeviceFacts facts;
  facts.nccl_missing = why_no_nccl();
  facts.shared_device = shared_device(identities);
  const MpiAnswer answer = ask_mpi_about_cuda();
  facts.mpi_evidence = answer.text;
  const int first_no = communicator.all_min(answer.cuda_aware ? communicator.size() : communicator.rank());
  if (first_no < communicator.size()) {
    facts.mpi_evidence = communicator.broadcast(answer.text, first_no);
    return facts;
  }
  const Communicator ring = communicator.split(0, communicator.rank());
  bool arrived = false;
  communicator.together([&] {
    const Stream stream;
    const bool to_itself = ring_arrives(ring, stream, 0);
    const bool to_the_next = ring_arrives(ring, stream, 1);
    arrived = to_itself && to_the_next;
  });
  facts.mpi_direct = communicator.all_min(arrived ? 1 : 0) == 1;
  facts.mpi_evidence += facts.mpi_direct ? ", and device memory sent to the rank itself and to the next arrived whole"
                                         : ", but device memory sent to the rank itself or to the next was not whole";
  return facts;
}

}  // namespace tessera
