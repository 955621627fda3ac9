#include "tessera/comm/placement.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <numeric>
#include <set>

#include "tessera/core/threads.hpp"

namespace tessera {

Communicator node_of(const Communicator& communicator) {
  MPI_Comm shared = MPI_COMM_NULL;
  check_mpi(
      MPI_Comm_split_type(communicator.handle(), MPI_COMM_TYPE_SHARED, communicator.rank(), MPI_INFO_NULL, &shared),
      "MPI_Comm_split_type");
  Communicator node(shared);
  MPI_Comm_free(&shared);
  return node;
}

namespace {

NodePlacement placement_on(const Communicator& node) {
  NodePlacement placement;
  placement.rank = node.rank();
  const auto online = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  placement.node_cores = std::max(1, online);
  char name[MPI_MAX_PROCESSOR_NAME] = "";
  int length = 0;
  check_mpi(MPI_Get_processor_name(name, &length), "MPI_Get_processor_name");
  placement.name.assign(name, static_cast<std::size_t>(length));

  const std::vector<int> mine = available_cores();
  const int last = node.all_max(mine.empty() ? 0 : mine.back());
  placement.cores.resize(static_cast<std::size_t>(node.size()));
  constexpr int kBits = 62;
  for (int first = 0; first <= last; first += kBits) {
    Index word = 0;
    for (const int core : mine) {
      if (core >= first && core < first + kBits) word |= Index{1} << (core - first);
    }
    const std::vector<Index> words = node.all_gather(word);
    for (std::size_t rank = 0; rank < words.size(); ++rank) {
      for (int bit = 0; bit < kBits; ++bit) {
        if ((words[rank] >> bit & 1) != 0) placement.cores[rank].push_back(first + bit);
      }
    }
  }
  return placement;
}

}  // namespace

NodePlacement node_placement(const Communicator& communicator) { return placement_on(node_of(communicator)); }

int choose_threads(const NodePlacement& node, int asked, std::string_view environment) {
  if (asked > 0) return asked;
  int wanted = 0;
  std::from_chars(environment.data(), environment.data() + environment.size(), wanted);
  if (wanted > 0) return wanted;
  double share = 0.0;
  for (const int core : node.cores[static_cast<std::size_t>(node.rank)]) {
    const auto sharing = std::count_if(node.cores.begin(), node.cores.end(), [&](const std::vector<int>& cores) {
      return std::binary_search(cores.begin(), cores.end(), core);
    });
    share += 1.0 / static_cast<double>(sharing);
  }
  // Thirds do not add up exactly.
  constexpr double kRounding = 1e-6;
  return std::max(1, static_cast<int>(share + kRounding));
}

std::optional<std::string> oversubscription(const NodePlacement& node, const std::vector<int>& threads) {
  std::set<int> used;
  for (const std::vector<int>& cores : node.cores) used.insert(cores.begin(), cores.end());
  const auto cores = static_cast<int>(used.size());
  const int wanted = std::accumulate(threads.begin(), threads.end(), 0);
  const auto ranks = static_cast<int>(threads.size());
  if (wanted <= cores) return std::nullopt;

  const auto [least, most] = std::minmax_element(threads.begin(), threads.end());
  const std::string each =
      *least == *most ? std::to_string(*least) : std::to_string(*least) + " to " + std::to_string(*most);
  std::string text = "node " + node.name + ": " + std::to_string(ranks) + (ranks == 1 ? " rank" : " ranks") + " x " +
                     each + (*most == 1 ? " thread" : " threads") + " on " + std::to_string(cores) +
                     (cores == 1 ? " core" : " cores") + " slow one another down; use ";
  text += ranks <= cores ? "--threads " + std::to_string(cores / ranks) + " (or OMP_NUM_THREADS)"
                         : "at most " + std::to_string(cores) + (cores == 1 ? " rank" : " ranks") + " here";
  if (cores < node.node_cores) {
    text += ", or let mpirun give them more of the node's " + std::to_string(node.node_cores) +
            " cores (Open MPI: --bind-to none)";
  }
  return text;
}

std::optional<std::string> place_threads(const Communicator& communicator, int asked) {
  const Communicator ranks = node_of(communicator);
  const NodePlacement node = placement_on(ranks);
  const char* environment = std::getenv("OMP_NUM_THREADS");
  set_thread_count(choose_threads(node, asked, environment != nullptr ? environment : ""));
  const std::vector<int> threads = ranks.all_gather(thread_count());
  return node.rank == 0 ? oversubscription(node, threads) : std::nullopt;
}

}  // namespace tessera
