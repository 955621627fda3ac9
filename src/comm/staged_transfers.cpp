#include "comm/staged_transfers.hpp"

#include <algorithm>
#include <thread>

#include "comm/staged_lanes.hpp"

namespace tessera::detail {

namespace {

/// One slice of an array made of a piece for every rank: of each piece at most `most` elements, one after another in
/// the buffer.
struct PieceSlice {
  struct Part {
    Index far;     ///< where it begins in the array
    Index buffer;  ///< and in the buffer
    Index count;
  };
  std::vector<Part> parts;    ///< one for every rank
  std::vector<Index> counts;  ///< their counts

  PieceSlice(std::span<const Index> pieces, Index most, Index slice) {
    Index start = 0, place = 0;
    for (const Index piece : pieces) {
      const Chunk chunk = chunk_of(piece, most, slice);
      parts.push_back({start + chunk.offset, place, chunk.count});
      counts.push_back(chunk.count);
      start += piece;
      place += chunk.count;
    }
  }
};

Index longest(std::span<const Index> counts) { return *std::max_element(counts.begin(), counts.end()); }

}  // namespace

StagedTransfers::StagedTransfers(Communicator communicator, StagingCopier& copier, char* memory, Index slot_bytes)
    : communicator_(std::move(communicator)), copier_(copier), memory_(memory), slot_bytes_(slot_bytes) {
  const Index least = (communicator_.size() + 1) * static_cast<Index>(sizeof(double));
  if (slot_bytes < least || slot_bytes % static_cast<Index>(sizeof(double)) != 0) {
    throw ArgumentError("StagedTransfers: expected staging buffers of a multiple of 8 bytes, at least " +
                        std::to_string(least) + ", got " + std::to_string(slot_bytes));
  }
}

void StagedTransfers::wait_for_buffers() {
  for (int slot = 0; slot < kSlots; ++slot) copier_.wait(slot);
}

void StagedTransfers::pipeline(Index slices, const Step& queue_in, const Step& communicate, const Step& queue_out) {
  const auto slot_of = [](Index slice) { return static_cast<int>(slice % kSlots); };
  const auto begin = [&](Index slice) {
    if (slice >= slices) return;
    queue_in(slice, buffer(slot_of(slice)));
    copier_.mark(slot_of(slice));
  };
  // The copies of an earlier operation may be those of another stream.
  wait_for_buffers();
  for (Index slice = 0; slice < kSlots - 1; ++slice) begin(slice);
  for (Index slice = 0; slice < slices; ++slice) {
    // Into the buffer that the last slice has left: in the order of the queue, so behind the copies out of it.
    begin(slice + kSlots - 1);
    copier_.wait(slot_of(slice));
    communicate(slice, buffer(slot_of(slice)));
    queue_out(slice, buffer(slot_of(slice)));
    copier_.mark(slot_of(slice));
  }
}

template <class T>
void StagedTransfers::in_slices(T* values, Index count, bool reads, bool writes,
                                const std::function<void(T*, Index)>& communicate) {
  const Index most = slot_elements<T>();
  pipeline(
      slices_of(count, most),
      [&](Index slice, char* memory) {
        const Chunk chunk = chunk_of(count, most, slice);
        if (reads) copy<T>(chunk.count, values + chunk.offset, reinterpret_cast<T*>(memory));
      },
      [&](Index slice, char* memory) { communicate(reinterpret_cast<T*>(memory), chunk_of(count, most, slice).count); },
      [&](Index slice, char* memory) {
        const Chunk chunk = chunk_of(count, most, slice);
        if (writes) copy<T>(chunk.count, reinterpret_cast<T*>(memory), values + chunk.offset);
      });
}

template <class T>
void StagedTransfers::broadcast(T* values, Index count, int root) {
  const bool is_root = communicator_.rank() == root;
  in_slices<T>(values, count, is_root, !is_root,
               [&](T* slice, Index length) { communicator_.broadcast(slice, length, root); });
}

template <class T>
void StagedTransfers::sum_to_root(T* values, Index count, int root) {
  in_slices<T>(values, count, true, communicator_.rank() == root,
               [&](T* slice, Index length) { communicator_.sum_to_root(slice, length, root); });
}

template <class T>
void StagedTransfers::all_sum(T* values, Index count) {
  in_slices<T>(values, count, true, true, [&](T* slice, Index length) { communicator_.all_sum(slice, length); });
}

template <class T>
void StagedTransfers::reduce_scatter(const T* values, T* own, std::span<const Index> counts) {
  // Behind everybody's pieces, the sums of this rank's.
  const Index most = slot_elements<T>() / (communicator_.size() + 1);
  const auto sums = [&](char* memory) { return reinterpret_cast<T*>(memory) + communicator_.size() * most; };
  pipeline(
      slices_of(longest(counts), most),
      [&](Index slice, char* memory) {
        for (const auto& part : PieceSlice(counts, most, slice).parts) {
          copy<T>(part.count, values + part.far, reinterpret_cast<T*>(memory) + part.buffer);
        }
      },
      [&](Index slice, char* memory) {
        const PieceSlice pieces(counts, most, slice);
        communicator_.reduce_scatter<T>(reinterpret_cast<T*>(memory), sums(memory), pieces.counts);
      },
      [&](Index slice, char* memory) {
        const Chunk chunk = chunk_of(counts[static_cast<std::size_t>(communicator_.rank())], most, slice);
        copy<T>(chunk.count, sums(memory), own + chunk.offset);
      });
}

template <class T>
void StagedTransfers::all_gather(T* values, std::span<const Index> counts) {
  const Index most = slot_elements<T>() / communicator_.size();
  const auto me = static_cast<std::size_t>(communicator_.rank());
  pipeline(
      slices_of(longest(counts), most),
      [&](Index slice, char* memory) {
        const PieceSlice::Part part = PieceSlice(counts, most, slice).parts[me];
        copy<T>(part.count, values + part.far, reinterpret_cast<T*>(memory) + part.buffer);
      },
      [&](Index slice, char* memory) {
        communicator_.all_gather<T>(reinterpret_cast<T*>(memory), PieceSlice(counts, most, slice).counts);
      },
      [&](Index slice, char* memory) {
        const PieceSlice pieces(counts, most, slice);
        for (std::size_t rank = 0; rank < pieces.parts.size(); ++rank) {
          const PieceSlice::Part& part = pieces.parts[rank];
          if (rank != me) copy<T>(part.count, reinterpret_cast<T*>(memory) + part.buffer, values + part.far);
        }
      });
}

void StagedTransfers::exchange(std::span<const Message> sends, std::span<const Message> receives) {
  const int rank = communicator_.rank();
  const int ranks = communicator_.size();
  wait_for_buffers();
  constexpr int kHalf = kSlots / 2;
  StagedSends out(communicator_, copier_, plan_batches(sends, true, rank, ranks, part_bytes(), slot_bytes_),
                  {{{0, buffer(0)}, {1, buffer(1)}}});
  StagedReceives in(communicator_, copier_, plan_batches(receives, false, rank, ranks, part_bytes(), slot_bytes_),
                    {{{kHalf, buffer(kHalf)}, {kHalf + 1, buffer(kHalf + 1)}}});
  while (!out.finished() || !in.finished()) {
    const bool received = in.advance();
    const bool sent = out.advance();
    if (!received && !sent) std::this_thread::yield();
  }
}

#define TESSERA_INSTANTIATE(T)                                                            \
  template void StagedTransfers::broadcast<T>(T*, Index, int);                            \
  template void StagedTransfers::sum_to_root<T>(T*, Index, int);                          \
  template void StagedTransfers::all_sum<T>(T*, Index);                                   \
  template void StagedTransfers::reduce_scatter<T>(const T*, T*, std::span<const Index>); \
  template void StagedTransfers::all_gather<T>(T*, std::span<const Index>);
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
#undef TESSERA_INSTANTIATE

}  // namespace tessera::detail
