/// \file
/// What the network between the ranks is like: where they run, how long a message takes, how much passes per second.
///
/// network_probe <bytes>: prints one JSON object on rank 0. Bandwidth is measured with `bytes` bytes in messages of
/// 256 KiB, first one way, from rank 0 to the last, then by all ranks at once, each sending to the next. The clock
/// stops when the receivers have confirmed the last byte.

#include <mpi.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

constexpr int kMessage = 256 * 1024;
constexpr int kInFlight = 16;
constexpr int kRoundTrips = 200;

int world_rank() {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}

int world_size() {
  int size = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return size;
}

/// Of all ranks, on rank 0: "\"host1\", \"host2\"".
std::string processor_names() {
  std::vector<char> mine(MPI_MAX_PROCESSOR_NAME);
  int length = 0;
  MPI_Get_processor_name(mine.data(), &length);
  std::vector<char> all(mine.size() * static_cast<std::size_t>(world_size()));
  MPI_Gather(mine.data(), MPI_MAX_PROCESSOR_NAME, MPI_CHAR, all.data(), MPI_MAX_PROCESSOR_NAME, MPI_CHAR, 0,
             MPI_COMM_WORLD);
  std::string text;
  for (std::size_t start = 0; start < all.size(); start += mine.size()) {
    text += (start == 0 ? "\"" : ", \"") + std::string(all.data() + start) + "\"";
  }
  return text;
}

/// Seconds a message of one byte takes from rank 0 to the last: half the median round trip.
double latency() {
  const int last = world_size() - 1;
  std::vector<double> seconds;
  char byte = 0;
  for (int trip = 0; trip < kRoundTrips; ++trip) {
    const double start = MPI_Wtime();
    if (world_rank() == 0) {
      MPI_Send(&byte, 1, MPI_CHAR, last, 0, MPI_COMM_WORLD);
      MPI_Recv(&byte, 1, MPI_CHAR, last, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    } else if (world_rank() == last) {
      MPI_Recv(&byte, 1, MPI_CHAR, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      MPI_Send(&byte, 1, MPI_CHAR, 0, 0, MPI_COMM_WORLD);
    }
    seconds.push_back((MPI_Wtime() - start) / 2);
  }
  std::nth_element(seconds.begin(), seconds.begin() + kRoundTrips / 2, seconds.end());
  return seconds[kRoundTrips / 2];
}

/// Sends `messages` messages to `to` while receiving as many from `from` (MPI_PROC_NULL: none), kInFlight at a time;
/// bytes per second. Collective.
double bandwidth(int messages, int to, int from) {
  std::vector<char> out(kMessage), in(static_cast<std::size_t>(kInFlight) * kMessage);
  std::vector<MPI_Request> requests;
  MPI_Barrier(MPI_COMM_WORLD);
  const double start = MPI_Wtime();
  for (int first = 0; first < messages; first += kInFlight) {
    for (int i = 0; i < std::min(kInFlight, messages - first); ++i) {
      char* place = in.data() + static_cast<std::ptrdiff_t>(i) * kMessage;
      MPI_Irecv(place, kMessage, MPI_CHAR, from, 1, MPI_COMM_WORLD, &requests.emplace_back());
      MPI_Isend(out.data(), kMessage, MPI_CHAR, to, 1, MPI_COMM_WORLD, &requests.emplace_back());
    }
    MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
    requests.clear();
  }
  MPI_Sendrecv(out.data(), 1, MPI_CHAR, from, 2, in.data(), 1, MPI_CHAR, to, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  double seconds = MPI_Wtime() - start;
  MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return static_cast<double>(messages) * kMessage / seconds;
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  const int rank = world_rank();
  const int size = world_size();
  const long bytes = argc == 2 ? std::strtol(argv[1], nullptr, 10) : 0;
  if (bytes < 1 || size < 2) {
    if (rank == 0) std::fprintf(stderr, "network_probe: expected a number of bytes and at least 2 ranks\n");
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
  const int messages = static_cast<int>((bytes + kMessage - 1) / kMessage);
  const std::string names = processor_names();
  const double seconds = latency();
  const bool sends = rank == 0;
  const bool receives = rank == size - 1;
  const double one_way = bandwidth(messages, sends ? size - 1 : MPI_PROC_NULL, receives ? 0 : MPI_PROC_NULL);
  const double all_at_once = bandwidth(messages, (rank + 1) % size, (rank + size - 1) % size);
  if (rank == 0) {
    std::printf(
        "{\"processor_names\": [%s], \"latency_s\": %.3g, \"one_way_bytes_per_s\": %.5g, "
        "\"all_at_once_bytes_per_s\": %.5g}\n",
        names.c_str(), seconds, one_way, all_at_once);
  }
  MPI_Finalize();
  return 0;
}
