#include "spectral/distributed_fft_memory.hpp"

#include <algorithm>
#include <numeric>

#include "tessera/comm/placement.hpp"

namespace tessera {

namespace {

constexpr Index kAlignment = 64;

std::byte* aligned(void* memory) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  return reinterpret_cast<std::byte*>((address + kAlignment - 1) / kAlignment * kAlignment);
}

}  // namespace

Communicator NodeRanks::split(const Communicator& communicator, bool shared) {
  if (!shared) return Communicator::self();
  return node_of(communicator);
}

NodeRanks::NodeRanks(const Communicator& communicator, bool shared)
    : node_(split(communicator, shared)), node_rank_(static_cast<std::size_t>(communicator.size()), -1) {
  const std::vector<int> members = node_.all_gather(communicator.rank());
  for (std::size_t i = 0; i < members.size(); ++i) {
    node_rank_[static_cast<std::size_t>(members[i])] = static_cast<int>(i);
  }
}

NodeMemory::NodeMemory(const NodeRanks& ranks, Index bytes)
    : node_(ranks.node()), memory_(static_cast<std::size_t>(node_.size())) {
  if (node_.size() == 1) {
    alone_ = Buffer<std::byte>(bytes);
    memory_.front() = alone_.data();
    return;
  }
  // Every rank's part on pages of its own, near the rank that reads it.
  MPI_Info info = MPI_INFO_NULL;
  check_mpi(MPI_Info_create(&info), "MPI_Info_create");
  MPI_Info_set(info, "alloc_shared_noncontig", "true");
  void* mine = nullptr;
  const int code =
      MPI_Win_allocate_shared(static_cast<MPI_Aint>(bytes + kAlignment), 1, info, node_.handle(), &mine, &window_);
  MPI_Info_free(&info);
  check_mpi(code, "MPI_Win_allocate_shared");
  check_mpi(MPI_Win_lock_all(MPI_MODE_NOCHECK, window_), "MPI_Win_lock_all");
  for (int rank = 0; rank < node_.size(); ++rank) {
    MPI_Aint size = 0;
    int unit = 0;
    void* theirs = nullptr;
    check_mpi(MPI_Win_shared_query(window_, rank, &size, &unit, &theirs), "MPI_Win_shared_query");
    memory_[static_cast<std::size_t>(rank)] = aligned(theirs);
  }
}

NodeMemory::~NodeMemory() {
  int finalized = 0;
  MPI_Finalized(&finalized);
  if (window_ == MPI_WIN_NULL || finalized != 0) return;
  MPI_Win_unlock_all(window_);
  MPI_Win_free(&window_);
}

void NodeMemory::synchronise() const {
  if (window_ == MPI_WIN_NULL) return;
  check_mpi(MPI_Win_sync(window_), "MPI_Win_sync");
  node_.barrier();
  check_mpi(MPI_Win_sync(window_), "MPI_Win_sync");
}

}  // namespace tessera
