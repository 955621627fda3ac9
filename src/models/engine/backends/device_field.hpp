#pragma once

/// \file
/// Some neighbouring planes of a field in a device's memory.

#include <array>
#include <optional>

#include "tessera/core/event.hpp"
#include "tessera/core/pinned_buffer.hpp"
#include "tessera/core/storage.hpp"
#include "tessera/tensor/field.hpp"

namespace tessera::engine {

/// All channels of one sample over some planes (see SlabTransform) of a rank's part of the grid, [channel][x][other
/// axes]. Tensors on the device are read and written there, in the order of its stream. Other fields are read and
/// written by the host, through pinned memory, and copied on a stream of their own, all while the device works on the
/// slabs before: what is written reaches its field when the memory is needed again, or in `finish`.
template <RealScalar T>
class DeviceField {
 public:
  /// `part`: the rank's box of the output tensor [batch, channel, grid...]. `steps`: extent of a field whose last axis
  /// is not the grid's (an input that is lifted in time); 0 for others.
  DeviceField(const Device& device, const Box& part, Index channels, Index steps);
  DeviceField(const DeviceField&) = delete;
  DeviceField& operator=(const DeviceField&) = delete;
  /// Waits for copies that a pass that failed has left under way.
  ~DeviceField();

  /// Chooses the planes of sample `sample` (counted within the rank's part). A grid of one axis has one plane.
  void select(Index sample, Index first, Index count);

  T* data() noexcept { return place().values.data(); }
  /// Whether a field of the host has been met: its copies are on another stream.
  bool meets_host() const noexcept { return copies_.has_value(); }
  /// The memory of slabs to come.
  std::array<const T*, 2> memory() const noexcept { return {places_[0].values.data(), places_[1].values.data()}; }
  /// Before a pass: forgets what one that failed has left unwritten.
  void begin() noexcept;
  void read(const FieldReader<T>& field);
  void write(FieldWriter<T>& field);
  /// Everything written is in its field.
  void finish();

 private:
  /// Pinned memory on the way to or from the device.
  struct Passage {
    PinnedBuffer<T> values;
    Event copied;
    FieldWriter<T>* writer = nullptr;  ///< where the values go, once copied
    Box box;
  };

  /// Memory of the device for one of two neighbouring slabs.
  struct Place {
    Storage<T> values;
    Event computed;  ///< by the device's stream, before the copies' stream takes it
    Event copied;    ///< by the copies' stream
    bool copies = false;
  };

  Place& place() noexcept { return places_[slab_ % 2]; }
  const Stream& copies();
  Passage& next_passage();
  void finish(Passage& passage);

  Device device_;
  Box part_, box_;
  Place places_[2];
  std::size_t slab_ = 0;
  std::optional<Stream> copies_;  ///< once a field of the host has been met
  Passage passages_[2];
  std::size_t next_ = 0;
};

}  // namespace tessera::engine
