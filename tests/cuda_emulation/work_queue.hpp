#pragma once

/// \file
/// What has been put on a stream and is not done yet.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "cuda_runtime_api.h"

namespace tessera::emulation {

using Work = std::function<void()>;

/// How many pieces of work of each stream of a capture come before something.
using Known = std::map<cudaStream_t, std::size_t>;

/// What a capture records: its pieces of work in an order in which they may be done.
struct Recording {
  std::vector<Work> work;
  Known pieces;  ///< recorded so far
  bool ended = false;
};

class WorkQueue;

/// A place in a queue, reached when everything put there before is done; without a queue it is reached always.
struct Place {
  std::shared_ptr<WorkQueue> queue;
  std::uint64_t number = 0;

  bool reached() const;
  /// Does one piece of work on the way.
  void approach() const;
  void reach() const;
};

class WorkQueue {
 public:
  void put(Work work) { waiting_.push_back({std::move(work), {}}); }
  void wait_for(const Place& place) { waiting_.push_back({{}, place}); }
  std::uint64_t end() const { return done_ + waiting_.size(); }
  std::uint64_t done() const { return done_; }

  /// Does the next piece of work, or of what that waits for.
  void step();

 private:
  struct Item {
    Work work;
    Place place;  ///< to be reached first
  };
  std::deque<Item> waiting_;
  std::uint64_t done_ = 0;
};

/// Puts work on a stream, or into the graph that it captures.
void put(cudaStream_t stream, Work work);

/// The capture of a stream; null where there is none.
std::shared_ptr<Recording> recording_of(cudaStream_t stream);

/// Does all that is on the stream.
void finish(cudaStream_t stream);

}  // namespace tessera::emulation

struct CUstream_st {
  std::shared_ptr<tessera::emulation::WorkQueue> queue = std::make_shared<tessera::emulation::WorkQueue>();
  std::shared_ptr<tessera::emulation::Recording> recording;  ///< may have ended
  bool is_origin = false;                                    ///< of the recording
  tessera::emulation::Known known;                           ///< of the recording before what comes next
};

struct CUevent_st {
  tessera::emulation::Place place;
  std::shared_ptr<tessera::emulation::Recording> recording;  ///< that it was recorded in
  tessera::emulation::Known known;
};
