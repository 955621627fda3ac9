#pragma once

/// \file
/// Collectives of tensors' values, wherever a communicator's ranks keep them.

#include <span>

#include "tessera/comm/communicator.hpp"
#include "tessera/core/scalar.hpp"

namespace tessera {

/// The collectives of Communicator on memory of its device: Communicator's own on the CPU, DeviceCommunicator's, in the
/// order of the device's stream, on CUDA. Arguments, errors and accounts are the same. The communicator must outlive
/// this. Members are collective.
class DataCollectives {
 public:
  explicit DataCollectives(const Communicator& communicator) : communicator_(communicator) {}

  template <Scalar T>
  void broadcast(T* values, Index count, int root) const;
  template <Scalar T>
  void sum_to_root(T* values, Index count, int root) const;
  template <Scalar T>
  void all_sum(T* values, Index count) const;
  template <Scalar T>
  void reduce_scatter(const T* values, T* own, std::span<const Index> counts) const;
  template <Scalar T>
  void all_gather(T* values, std::span<const Index> counts) const;

  /// Communicator::start. On CUDA the messages take their place in the order of the stream, so that nothing is left to
  /// wait for.
  PendingMessages start(std::span<const Message> sends, std::span<const Message> receives) const;

 private:
  const Communicator& communicator_;
};

}  // namespace tessera
