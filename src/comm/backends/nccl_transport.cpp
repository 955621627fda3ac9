#include <nccl.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <exception>
#include <thread>

#include "comm/backends/nccl_backend.hpp"
#include "tessera/comm/device_backend.hpp"

namespace tessera {

namespace {

/// NCCL's communicator in its non-blocking form: a call may answer "in progress", and what becomes of it is asked for.
/// The first failure aborts the communicator, which frees whatever its kernels wait for; later calls repeat it.
class NcclTransport : public detail::DeviceTransport {
 public:
  explicit NcclTransport(Communicator communicator) : ranks_(std::move(communicator)) {
    ncclUniqueId id{};
    ranks_.together([&] {
      if (ranks_.rank() == 0) finish(ncclGetUniqueId(&id), "ncclGetUniqueId");
    });
    const std::string text = ranks_.broadcast(std::string(id.internal, sizeof id.internal), 0);
    std::memcpy(id.internal, text.data(), sizeof id.internal);
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    config.blocking = 0;
    try {
      ranks_.together([&] {
        finish(ncclCommInitRankConfig(&handle_, ranks_.size(), id, ranks_.rank(), &config), "ncclCommInitRankConfig");
      });
    } catch (...) {
      // Another rank's failure leaves this one's half in place.
      abort();
      throw;
    }
  }

  ~NcclTransport() override { release(); }

  void broadcast(const Stream& stream, const detail::DeviceReals& values, int root) override {
    finish(ncclBroadcast(values.data, values.data, size_of(values.count), type_of(values), root, usable(),
                         stream.handle()),
           "ncclBroadcast");
  }

  void sum_to_root(const Stream& stream, const detail::DeviceReals& values, int root) override {
    // Other ranks have nothing written to.
    void* sum = ranks_.rank() == root ? values.data : nullptr;
    finish(
        ncclReduce(values.data, sum, size_of(values.count), type_of(values), ncclSum, root, usable(), stream.handle()),
        "ncclReduce");
  }

  void all_sum(const Stream& stream, const detail::DeviceReals& values) override {
    finish(ncclAllReduce(values.data, values.data, size_of(values.count), type_of(values), ncclSum, usable(),
                         stream.handle()),
           "ncclAllReduce");
  }

  void reduce_scatter(const Stream& stream, const detail::DeviceReals& values, void* own,
                      std::span<const Index> counts) override {
    if (all_equal(counts)) {
      finish(
          ncclReduceScatter(values.data, own, size_of(counts[0]), type_of(values), ncclSum, usable(), stream.handle()),
          "ncclReduceScatter");
      return;
    }
    CUstream_st* const queue = stream.handle();
    // NCCL has no uneven one; a group of reductions runs as one operation.
    for_each_piece(values, counts, "ncclReduce", [&](void* piece, std::size_t count, int owner) {
      void* sum = ranks_.rank() == owner ? own : nullptr;
      return ncclReduce(piece, sum, count, type_of(values), ncclSum, owner, handle_, queue);
    });
  }

  void all_gather(const Stream& stream, const detail::DeviceReals& values, std::span<const Index> counts) override {
    if (all_equal(counts)) {
      const char* own = static_cast<char*>(values.data) + ranks_.rank() * counts[0] * bytes_per_real(values);
      finish(ncclAllGather(own, values.data, size_of(counts[0]), type_of(values), usable(), stream.handle()),
             "ncclAllGather");
      return;
    }
    CUstream_st* const queue = stream.handle();
    for_each_piece(values, counts, "ncclBroadcast", [&](void* piece, std::size_t count, int owner) {
      return ncclBroadcast(piece, piece, count, type_of(values), owner, handle_, queue);
    });
  }

  void exchange(const Stream& stream, std::span<const Message> sends, std::span<const Message> receives) override {
    // Nothing may throw while the group is open.
    CUstream_st* const queue = stream.handle();
    Group group(*this, "ncclSend and ncclRecv");
    for (const Message& message : receives) {
      if (message.bytes == 0) continue;
      group.add(ncclRecv(message.data, size_of(message.bytes), ncclInt8, message.peer, handle_, queue));
    }
    for (const Message& message : sends) {
      if (message.bytes == 0) continue;
      group.add(ncclSend(message.data, size_of(message.bytes), ncclInt8, message.peer, handle_, queue));
    }
    group.end();
  }

  void wait(const Stream& stream) override {
    while (!stream.done()) {
      check();
      std::this_thread::yield();
    }
  }

  void check() override {
    ncclResult_t state = ncclSuccess;
    const ncclResult_t asked = ncclCommGetAsyncError(usable(), &state);
    if (asked != ncclSuccess) fail(asked, "ncclCommGetAsyncError");
    if (state != ncclSuccess && state != ncclInProgress) fail(state, "waiting for the stream");
  }

 private:
  /// Calls that NCCL carries out together. An error is reported once the group has been closed.
  class Group {
   public:
    Group(NcclTransport& owner, const char* operation) : owner_(owner), operation_(operation) {
      owner.usable();
      owner.finish(ncclGroupStart(), "ncclGroupStart");
    }
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;

    void add(ncclResult_t code) {
      if (first_ == ncclSuccess && code != ncclInProgress) first_ = code;
    }
    void end() {
      const ncclResult_t code = ncclGroupEnd();
      owner_.finish(first_ == ncclSuccess ? code : first_, operation_);
    }

   private:
    NcclTransport& owner_;
    const char* operation_;
    ncclResult_t first_ = ncclSuccess;
  };

  static std::size_t size_of(Index count) { return static_cast<std::size_t>(count); }
  static ncclDataType_t type_of(const detail::DeviceReals& values) {
    return values.is_double ? ncclFloat64 : ncclFloat32;
  }
  static Index bytes_per_real(const detail::DeviceReals& values) {
    return static_cast<Index>(values.is_double ? sizeof(double) : sizeof(float));
  }
  static bool all_equal(std::span<const Index> counts) {
    return std::all_of(counts.begin(), counts.end(), [&](Index count) { return count == counts[0]; });
  }

  /// Calls body(piece, count, owner) for every piece that is not empty, in one group.
  template <class Body>
  void for_each_piece(const detail::DeviceReals& values, std::span<const Index> counts, const char* operation,
                      Body&& body) {
    Group group(*this, operation);
    char* piece = static_cast<char*>(values.data);
    for (int owner = 0; owner < ranks_.size(); ++owner) {
      const Index count = counts[static_cast<std::size_t>(owner)];
      if (count > 0) group.add(body(piece, size_of(count), owner));
      piece += count * bytes_per_real(values);
    }
    group.end();
  }

  /// The handle, unless an earlier failure has ended it.
  ncclComm_t usable() const {
    if (handle_ == nullptr) throw NcclError(failure_);
    return handle_;
  }

  /// Waits until a call has done its part on the host.
  void finish(ncclResult_t code, const char* operation) {
    while (code == ncclInProgress) {
      std::this_thread::yield();
      const ncclResult_t asked = ncclCommGetAsyncError(handle_, &code);
      if (asked != ncclSuccess) code = asked;
    }
    if (code != ncclSuccess) fail(code, operation);
  }

  [[noreturn]] void fail(ncclResult_t code, const char* operation) {
    failure_ = std::string(operation) + " on rank " + std::to_string(ranks_.rank()) + " of " +
               std::to_string(ranks_.size()) + ": " + ncclGetErrorString(code);
    const char* detail = ncclGetLastError(handle_);
    if (detail != nullptr && *detail != '\0') failure_ += std::string(" (") + detail + ")";
    abort();
    throw NcclError(failure_);
  }

  void abort() noexcept {
    if (handle_ != nullptr) ncclCommAbort(handle_);
    handle_ = nullptr;
  }

  /// An orderly end waits for what is under way, but not for ranks that are gone.
  void release() noexcept {
    if (handle_ == nullptr) return;
    if (std::uncaught_exceptions() > 0) return abort();
    constexpr auto kPatience = std::chrono::seconds(10);
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    ncclResult_t code = ncclCommFinalize(handle_);
    while (code == ncclInProgress && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
      const ncclResult_t asked = ncclCommGetAsyncError(handle_, &code);
      if (asked != ncclSuccess) code = asked;
    }
    if (code != ncclSuccess) return abort();
    ncclCommDestroy(handle_);
    handle_ = nullptr;
  }

  const Communicator ranks_;
  ncclComm_t handle_ = nullptr;
  std::string failure_;
};

}  // namespace

std::string nccl_version() {
  int code = 0;
  if (ncclGetVersion(&code) != ncclSuccess) return "of unknown version";
  // NCCL 2.9 and newer count 10000 a major version.
  return std::to_string(code / 10000) + "." + std::to_string(code / 100 % 100) + "." + std::to_string(code % 100);
}

std::string why_no_nccl() { return ""; }

namespace detail {

std::unique_ptr<DeviceTransport> make_nccl_transport(Communicator communicator) {
  return std::make_unique<NcclTransport>(std::move(communicator));
}

}  // namespace detail
}  // namespace tessera
