#pragma once

/// \file
/// A group of MPI ranks and the collectives the library is built from.

#include <mpi.h>

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tessera/comm/device_backend.hpp"
#include "tessera/comm/traffic.hpp"
#include "tessera/core/device.hpp"
#include "tessera/core/error.hpp"
#include "tessera/core/shape.hpp"

namespace tessera {

class DeviceCommunicator;

/// One point-to-point message of an exchange: bytes at `data` to or from rank `peer`.
struct Message {
  int peer;
  void* data;
  Index bytes;
};

/// A failure seen by one rank, to be made known to all (see Communicator::agree).
struct Failure {
  ErrorKind kind;
  std::string message;
};

/// Messages under way, see Communicator::start. Move-only; its end waits for them. Members are local.
class PendingMessages {
 public:
  PendingMessages() = default;
  PendingMessages(PendingMessages&& other) noexcept;
  PendingMessages& operator=(PendingMessages&& other) noexcept;
  ~PendingMessages() { finish(); }

  /// Whether all messages have left or arrived. Gives MPI an occasion to move them.
  bool done();
  /// Waits until they have.
  void wait();

 private:
  friend class Communicator;
  void finish() noexcept;

  std::vector<MPI_Request> requests_;
};

/// Move-only owner of a private MPI communicator (a duplicate, so that the library's messages never meet the
/// program's). MPI errors are returned, checked and thrown as MpiError. Counts are 64-bit: a transfer larger than
/// `chunk_bytes` is split. Members are collective over the communicator unless they say otherwise.
///
/// A communicator also says where its ranks keep their tensors: on the CPU, or on a CUDA device each (see on). Its own
/// collectives are of host memory in both cases; data_collectives.hpp has those of tensors.
class Communicator {
 public:
  /// Duplicates `parent`. Collective over `parent`.
  explicit Communicator(MPI_Comm parent);
  /// All ranks of the program. MPI must be initialised (see MpiEnvironment).
  static Communicator world() { return Communicator(MPI_COMM_WORLD); }
  /// This rank alone.
  static Communicator self() { return Communicator(MPI_COMM_SELF); }

  Communicator(Communicator&& other) noexcept;
  Communicator& operator=(Communicator&& other) noexcept;
  ~Communicator();

  /// The same ranks with their tensors on `device`, a CUDA device on all of them or the CPU on all. `backend`: how
  /// tensors on CUDA devices travel, see choose_route. What is split from it keeps both. Throws ArgumentError where
  /// ranks differ, CudaError where a device is not usable, NcclError where NCCL is asked for in vain.
  Communicator on(const Device& device, DeviceBackend backend = DeviceBackend::automatic) const;
  /// Local.
  const Device& device() const noexcept { return device_; }
  /// How tensors on CUDA devices travel, and why; null on the CPU. Local.
  const DeviceChoice* device_choice() const noexcept { return choice_.get(); }
  /// The collectives of device memory; of a communicator split from another one, made at the first call. Throws
  /// ArgumentError on the CPU.
  const DeviceCommunicator& device_data() const;

  int rank() const noexcept { return rank_; }
  int size() const noexcept { return size_; }
  MPI_Comm handle() const noexcept { return handle_; }
  /// False for a moved-from communicator and on ranks that a split left out.
  bool valid() const noexcept { return handle_ != MPI_COMM_NULL; }

  /// Ranks of equal colour form a new communicator, ordered by key; a negative colour takes part and gets an invalid
  /// one.
  Communicator split(int color, int key) const;
  /// A communicator of the listed ranks, in that order. Collective over the listed ranks only; lists that share ranks
  /// must be created in the same order everywhere. Throws ArgumentError when a rank repeats or does not exist.
  Communicator subgroup(const std::vector<int>& ranks, int tag) const;

  /// The same, made at the first call for these ranks and kept as long as this communicator; this one itself where the
  /// list is all of its ranks in order. Invalid on ranks that are not listed. Collective over the listed ranks.
  const Communicator& among(const std::vector<int>& ranks) const;

  void barrier() const;

  /// T: float, double, their complex types, int, Index.
  template <class T>
  void broadcast(T* values, Index count, int root) const;
  /// Element-wise sum over ranks, left on `root` in place; other ranks' values are unchanged.
  template <class T>
  void sum_to_root(T* values, Index count, int root) const;
  /// Element-wise sum over ranks, in place on every rank.
  template <class T>
  void all_sum(T* values, Index count) const;
  /// Element-wise sum over ranks of `values`, which is made of a piece of counts[r] elements for every rank r, in rank
  /// order: own[i] = sum over ranks of element i of this rank's piece. `own` lies outside `values`. T: float, double,
  /// their complex types. Throws ArgumentError unless there is a count for every rank.
  template <class T>
  void reduce_scatter(const T* values, T* own, std::span<const Index> counts) const;
  /// Before: this rank's piece is in its place in `values`, laid out like that of reduce_scatter. After: everybody's.
  template <class T>
  void all_gather(T* values, std::span<const Index> counts) const;
  template <class T>
  T all_max(T value) const;
  template <class T>
  T all_min(T value) const;
  /// Every rank's value, in rank order. T: double, int, Index.
  template <class T>
  std::vector<T> all_gather(T value) const;
  std::string broadcast(std::string text, int root) const;

  /// Posts all receives and sends at once and waits for them. Between two ranks messages match in list order; empty
  /// ones are skipped on both sides. Only the ranks named in messages take part. A message to this rank itself is
  /// not allowed: copy instead.
  void exchange(std::span<const Message> sends, std::span<const Message> receives) const;
  /// The same without waiting: memory named in messages belongs to them until they are done.
  PendingMessages start(std::span<const Message> sends, std::span<const Message> receives) const;

  /// Makes a failure of any rank a failure of all: if any rank passes one, every rank throws an error of the kind and
  /// with the message of the lowest failing rank, which is named.
  void agree(const std::optional<Failure>& failure) const;

  /// Runs `body` (which must not communicate over this communicator) and agrees on its outcome.
  template <class Body>
  void together(Body&& body) const {
    std::optional<Failure> failure;
    try {
      body();
    } catch (const Error& error) {
      failure = Failure{error.kind(), error.what()};
    } catch (const std::exception& error) {
      failure = Failure{ErrorKind::argument, error.what()};
    }
    agree(failure);
  }

  /// This rank's account of sends, shared with communicators split from this one.
  TrafficLedger& ledger() const noexcept { return *ledger_; }

  /// Counts the collective operations announced on this communicator (see CollectiveGuard); returns the new count.
  Index count_guarded_call() const noexcept { return ++guarded_calls_; }

  /// Largest number of bytes a single MPI call moves (default 2^30). Not collective, but must be equal on all ranks.
  void set_chunk_bytes(Index bytes);

 private:
  Communicator() = default;
  static Communicator adopt(MPI_Comm handle, const Communicator& parent);
  Communicator duplicate() const;
  void release() noexcept;
  Index chunk_elements(std::size_t element_size) const;
  /// The counts as MPI takes them; empty where all together are more than a single call moves.
  std::vector<int> whole_counts(std::span<const Index> counts, std::size_t element_size, const char* operation) const;

  MPI_Comm handle_ = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 0;
  Index chunk_bytes_ = Index{1} << 30;
  mutable Index guarded_calls_ = 0;
  mutable std::map<std::vector<int>, std::unique_ptr<const Communicator>> groups_;
  std::shared_ptr<TrafficLedger> ledger_;
  Device device_;
  std::shared_ptr<const DeviceChoice> choice_;
  mutable std::unique_ptr<const DeviceCommunicator> device_data_;
};

/// Throws MpiError naming `operation` and MPI's own explanation unless `code` is MPI_SUCCESS.
void check_mpi(int code, const char* operation);

}  // namespace tessera
