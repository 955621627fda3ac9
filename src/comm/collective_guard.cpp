#include "tessera/comm/collective_guard.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>

namespace tessera {

bool collective_checks_enabled() {
  static const bool enabled = [] {
    const char* value = std::getenv("TESSERA_CHECK");
    return value != nullptr && std::strcmp(value, "1") == 0;
  }();
  return enabled;
}

namespace {

int watchdog_seconds() {
  const char* value = std::getenv("TESSERA_WATCHDOG");
  const int seconds = value != nullptr ? std::atoi(value) : 0;
  return seconds > 0 ? seconds : 30;
}

Index hash_of(const std::string& text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 1099511628211ULL;
  return static_cast<Index>(hash >> 1);
}

/// A rank of the communicator as the program numbers it.
int program_rank(const Communicator& communicator, int rank) {
  MPI_Group group = MPI_GROUP_NULL;
  MPI_Group everyone = MPI_GROUP_NULL;
  check_mpi(MPI_Comm_group(communicator.handle(), &group), "MPI_Comm_group");
  check_mpi(MPI_Comm_group(MPI_COMM_WORLD, &everyone), "MPI_Comm_group");
  int result = 0;
  const int code = MPI_Group_translate_ranks(group, 1, &rank, everyone, &result);
  MPI_Group_free(&group);
  MPI_Group_free(&everyone);
  check_mpi(code, "MPI_Group_translate_ranks");
  return result;
}

}  // namespace

class CollectiveGuard::Watchdog {
 public:
  Watchdog(int rank, std::string what) : thread_([this, rank, what = std::move(what)] { watch(rank, what); }) {}
  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    finished_.notify_one();
    thread_.join();
  }

 private:
  void watch(int rank, const std::string& what) {
    const int period = watchdog_seconds();
    std::unique_lock lock(mutex_);
    for (int waited = period; !finished_.wait_for(lock, std::chrono::seconds(period), [this] { return done_; });
         waited += period) {
      std::fprintf(stderr, "tessera: rank %d has been in %s for %d s\n", rank, what.c_str(), waited);
    }
  }

  std::mutex mutex_;
  std::condition_variable finished_;
  bool done_ = false;
  std::thread thread_;
};

CollectiveGuard::CollectiveGuard(const Communicator& communicator, std::string_view operation, const Shape& shape) {
  if (!collective_checks_enabled() || !communicator.valid()) return;
  const std::string what = "call " + std::to_string(communicator.count_guarded_call()) + ", " + std::string(operation) +
                           " " + to_string(shape);
  watchdog_ = std::make_unique<Watchdog>(program_rank(communicator, communicator.rank()), what);
  const auto hashes = communicator.all_gather(hash_of(what));
  if (std::all_of(hashes.begin(), hashes.end(), [&](Index hash) { return hash == hashes.front(); })) return;
  std::string message = "ranks disagree about the next collective operation:";
  for (int rank = 0; rank < communicator.size(); ++rank) {
    message +=
        "\n  rank " + std::to_string(program_rank(communicator, rank)) + ": " + communicator.broadcast(what, rank);
  }
  throw MpiError(message);
}

CollectiveGuard::~CollectiveGuard() = default;

}  // namespace tessera
