#pragma once

/// \file
/// The other ranks of a node, and how many threads a rank computes with beside them.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/comm/communicator.hpp"

namespace tessera {

/// Where the ranks of one node may run. Cores are those the operating system counts.
struct NodePlacement {
  std::string name;                     ///< of the node
  std::vector<std::vector<int>> cores;  ///< per rank of the node, the numbers of its cores, ascending
  int rank = 0;                         ///< this rank's number among them
  int node_cores = 1;                   ///< cores of the node, those that no rank may use included
};

/// The ranks of a communicator that share this rank's memory. Collective.
Communicator node_of(const Communicator& communicator);

/// Asks the operating system of every rank. Collective.
NodePlacement node_placement(const Communicator& communicator);

/// Threads for this rank: `asked` where that is not 0; else what `environment`, the value of OMP_NUM_THREADS, begins
/// with, where that is a number above 0; else its cores, each divided among the ranks of the node that may run on it,
/// rounded down, but at least 1.
int choose_threads(const NodePlacement& node, int asked, std::string_view environment);

/// What to say when the ranks of a node, with `threads` each in their order, want more cores than they may run on.
std::optional<std::string> oversubscription(const NodePlacement& node, const std::vector<int>& threads);

/// Sets the thread count of every rank (see choose_threads). Collective. Returns what oversubscription says, on the
/// first rank of each node that has something to be said.
std::optional<std::string> place_threads(const Communicator& communicator, int asked);

}  // namespace tessera
