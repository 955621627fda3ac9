#pragma once

/// \file
/// Communication of memory that MPI cannot reach, through staging buffers that it can.

#include <algorithm>
#include <functional>
#include <span>

#include "comm/staging_copier.hpp"
#include "tessera/comm/communicator.hpp"

namespace tessera::detail {

/// Collectives and messages of far memory in slices, each going far -> buffer -> MPI -> buffer -> far; while MPI moves
/// one slice, the copier works on those before and after it. When a member returns MPI is done and the last copies are
/// queued. Members are collective like those of Communicator; pointers are to far memory. T: float, double.
class StagedTransfers {
 public:
  static constexpr int kSlots = 4;

  /// `memory` holds kSlots buffers of `slot_bytes`, equal on all ranks; `copier` and `memory` must outlive this. Throws
  /// ArgumentError where a buffer has no room for one double of every rank and one more.
  StagedTransfers(Communicator communicator, StagingCopier& copier, char* memory, Index slot_bytes);

  template <class T>
  void broadcast(T* values, Index count, int root);
  template <class T>
  void sum_to_root(T* values, Index count, int root);
  template <class T>
  void all_sum(T* values, Index count);
  template <class T>
  void reduce_scatter(const T* values, T* own, std::span<const Index> counts);
  template <class T>
  void all_gather(T* values, std::span<const Index> counts);
  void exchange(std::span<const Message> sends, std::span<const Message> receives);

 private:
  /// What is to be done with a slice and its buffer.
  using Step = std::function<void(Index slice, char* buffer)>;

  void pipeline(Index slices, const Step& queue_in, const Step& communicate, const Step& queue_out);
  char* buffer(int slot) const { return memory_ + slot * slot_bytes_; }
  void wait_for_buffers();
  /// Operations on every slice of `values` alike; `reads` and `writes`: whether this rank's go in, and come out.
  template <class T>
  void in_slices(T* values, Index count, bool reads, bool writes, const std::function<void(T*, Index)>& communicate);
  /// A quarter of a buffer, so that what is left at its end is small.
  Index part_bytes() const { return std::max<Index>(1, slot_bytes_ / 4); }
  template <class T>
  Index slot_elements() const {
    return slot_bytes_ / static_cast<Index>(sizeof(T));
  }
  template <class T>
  void copy(Index count, const T* source, T* destination) {
    if (count > 0) copier_.copy(count * static_cast<Index>(sizeof(T)), source, destination);
  }

  Communicator communicator_;
  StagingCopier& copier_;
  char* memory_;
  Index slot_bytes_;
};

}  // namespace tessera::detail
