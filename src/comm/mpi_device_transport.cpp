/// \file
/// MPI's two routes for device memory. Both keep the host until MPI is done.

#include <vector>

#include "comm/device_transport.hpp"
#include "comm/staged_transfers.hpp"
#include "tessera/core/device_copy.hpp"
#include "tessera/core/event.hpp"
#include "tessera/core/pinned_buffer.hpp"

namespace tessera::detail {

namespace {

/// Device pointers handed to MPI, which knows nothing of streams.
class DirectTransport : public DeviceTransport {
 public:
  explicit DirectTransport(Communicator communicator) : communicator_(std::move(communicator)) {}

  void broadcast(const Stream& stream, const DeviceReals& values, int root) override {
    stream.synchronize();
    with_type(values, [&](auto* data) { communicator_.broadcast(data, values.count, root); });
  }
  void sum_to_root(const Stream& stream, const DeviceReals& values, int root) override {
    stream.synchronize();
    with_type(values, [&](auto* data) { communicator_.sum_to_root(data, values.count, root); });
  }
  void all_sum(const Stream& stream, const DeviceReals& values) override {
    stream.synchronize();
    with_type(values, [&](auto* data) { communicator_.all_sum(data, values.count); });
  }
  void reduce_scatter(const Stream& stream, const DeviceReals& values, void* own,
                      std::span<const Index> counts) override {
    stream.synchronize();
    with_type(values, [&]<class T>(T* data) { communicator_.reduce_scatter(data, static_cast<T*>(own), counts); });
  }
  void all_gather(const Stream& stream, const DeviceReals& values, std::span<const Index> counts) override {
    stream.synchronize();
    with_type(values, [&](auto* data) { communicator_.all_gather(data, counts); });
  }
  void exchange(const Stream& stream, std::span<const Message> sends, std::span<const Message> receives) override {
    stream.synchronize();
    communicator_.exchange(sends, receives);
  }
  void wait(const Stream& stream) override { stream.synchronize(); }

 private:
  const Communicator communicator_;
};

/// Copies in the order of the stream of the operation at hand, so that they follow the work that made the values and
/// precede the work that uses the results.
class StreamCopier : public StagingCopier {
 public:
  void use(const Stream& stream) { stream_ = &stream; }

  void copy(Index bytes, const void* source, void* destination) override {
    copy_async(*stream_, bytes, static_cast<const char*>(source), static_cast<char*>(destination));
  }
  void mark(int slot) override { event(slot).record(*stream_); }
  bool done(int slot) override { return event(slot).done(); }
  void wait(int slot) override { event(slot).wait(); }

 private:
  Event& event(int slot) { return events_[static_cast<std::size_t>(slot)]; }

  const Stream* stream_ = nullptr;
  std::vector<Event> events_ = std::vector<Event>(StagedTransfers::kSlots);
};

class StagedTransport : public DeviceTransport {
 public:
  explicit StagedTransport(Communicator communicator)
      : memory_(StagedTransfers::kSlots * kSlotBytes),
        transfers_(std::move(communicator), copier_, memory_.data(), kSlotBytes) {}

  ~StagedTransport() override {
    try {
      for (int slot = 0; slot < StagedTransfers::kSlots; ++slot) copier_.wait(slot);
    } catch (const CudaError&) {
      // Work that failed uses the buffers no more, and whoever waits for the stream is told.
    }
  }

  void broadcast(const Stream& stream, const DeviceReals& values, int root) override {
    copier_.use(stream);
    with_type(values, [&](auto* data) { transfers_.broadcast(data, values.count, root); });
  }
  void sum_to_root(const Stream& stream, const DeviceReals& values, int root) override {
    copier_.use(stream);
    with_type(values, [&](auto* data) { transfers_.sum_to_root(data, values.count, root); });
  }
  void all_sum(const Stream& stream, const DeviceReals& values) override {
    copier_.use(stream);
    with_type(values, [&](auto* data) { transfers_.all_sum(data, values.count); });
  }
  void reduce_scatter(const Stream& stream, const DeviceReals& values, void* own,
                      std::span<const Index> counts) override {
    copier_.use(stream);
    with_type(values, [&]<class T>(T* data) { transfers_.reduce_scatter(data, static_cast<T*>(own), counts); });
  }
  void all_gather(const Stream& stream, const DeviceReals& values, std::span<const Index> counts) override {
    copier_.use(stream);
    with_type(values, [&](auto* data) { transfers_.all_gather(data, counts); });
  }
  void exchange(const Stream& stream, std::span<const Message> sends, std::span<const Message> receives) override {
    copier_.use(stream);
    transfers_.exchange(sends, receives);
  }
  void wait(const Stream& stream) override { stream.synchronize(); }

 private:
  /// Long enough for the full speed of a bus and of a network.
  static constexpr Index kSlotBytes = Index{1} << 22;

  StreamCopier copier_;
  PinnedBuffer<char> memory_;
  StagedTransfers transfers_;
};

}  // namespace

std::unique_ptr<DeviceTransport> make_direct_transport(Communicator communicator) {
  return std::make_unique<DirectTransport>(std::move(communicator));
}

std::unique_ptr<DeviceTransport> make_staged_transport(Communicator communicator) {
  return std::make_unique<StagedTransport>(std::move(communicator));
}

}  // namespace tessera::detail
