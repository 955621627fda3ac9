#include "models/engine/backends/device_field.hpp"

#include <utility>

#include "models/engine/required_storage.hpp"
#include "tessera/core/error.hpp"

namespace tessera::engine {

namespace {

/// The box of a tensor's tile, in indices of the tile.
Box within(const Box& box, const Box& tile) {
  Box local = box;
  for (std::size_t axis = 0; axis < box.start.size(); ++axis) local.start[axis] -= tile.start[axis];
  return local;
}

template <class T>
TensorView<T> contiguous(T* values, const Box& box) {
  return {values, box.extent, row_major_strides(box.extent)};
}

}  // namespace

template <RealScalar T>
DeviceField<T>::DeviceField(const Device& device, const Box& part, Index channels, Index steps)
    : device_(device), part_(part) {
  part_.start[1] = 0;
  part_.extent[1] = channels;
  if (steps == 0) return;
  part_.start.back() = 0;
  part_.extent.back() = steps;
}

template <RealScalar T>
DeviceField<T>::~DeviceField() {
  for (Passage& passage : passages_) {
    try {
      passage.copied.wait();
    } catch (const CudaError&) {
      // The device has failed: nothing of it will touch the memory any more.
    }
  }
}

template <RealScalar T>
void DeviceField<T>::select(Index sample, Index first, Index count) {
  box_ = part_;
  box_.start[0] += sample;
  box_.extent[0] = 1;
  if (part_.start.size() > 3) {
    box_.start[2] += first;
    box_.extent[2] = count;
  }
  // What the slab before was computed from may be copied over once that is done.
  if (copies_) place().computed.record(device_.stream());
  ++slab_;
  Place& next = place();
  if (std::exchange(next.copies, false)) next.copied.hold(device_.stream());
  if (next.values.size() >= box_.volume()) return;
  require(device_, box_.volume(), next.values);
  if (copies_) next.computed.record(device_.stream());
}

template <RealScalar T>
const Stream& DeviceField<T>::copies() {
  if (!copies_) {
    copies_.emplace();
    place().computed.record(device_.stream());
  }
  return *copies_;
}

template <RealScalar T>
void DeviceField<T>::begin() noexcept {
  // Equal passes use the same memory.
  if (!copies_) slab_ = 0;
  for (Passage& passage : passages_) passage.writer = nullptr;
}

template <RealScalar T>
void DeviceField<T>::finish(Passage& passage) {
  device_.synchronize(passage.copied);
  if (FieldWriter<T>* writer = std::exchange(passage.writer, nullptr))
    writer->write(passage.box, passage.values.data());
}

template <RealScalar T>
auto DeviceField<T>::next_passage() -> Passage& {
  Passage& passage = passages_[next_++ % 2];
  finish(passage);
  if (passage.values.size() < box_.volume()) passage.values = PinnedBuffer<T>(box_.volume());
  return passage;
}

template <RealScalar T>
void DeviceField<T>::read(const FieldReader<T>& field) {
  const auto* reader = dynamic_cast<const TensorReader<T>*>(&field);
  if (reader != nullptr && reader->tensor().device() == device_) {
    const DistTensor<T>& tensor = reader->tensor();
    copy<T>(device_, tensor.local().view().subview(within(box_, tensor.box())), contiguous(data(), box_));
    return;
  }
  Passage& passage = next_passage();
  field.read(box_, passage.values.data());
  const Stream& stream = copies();
  place().computed.hold(stream);
  copy_async(stream, box_.volume(), std::as_const(passage.values).data(), data());
  passage.copied.record(stream);
  passage.copied.hold(device_.stream());
}

template <RealScalar T>
void DeviceField<T>::write(FieldWriter<T>& field) {
  auto* writer = dynamic_cast<TensorWriter<T>*>(&field);
  if (writer != nullptr && writer->tensor().device() == device_) {
    DistTensor<T>& tensor = writer->tensor();
    copy<T>(device_, contiguous<const T>(data(), box_), tensor.local().view().subview(within(box_, tensor.box())));
    return;
  }
  Passage& passage = next_passage();
  const Stream& stream = copies();
  Place& from = place();
  from.computed.record(device_.stream());
  from.computed.hold(stream);
  copy_async(stream, box_.volume(), std::as_const(from.values).data(), passage.values.data());
  passage.copied.record(stream);
  from.copied.record(stream);
  from.copies = true;
  passage.writer = &field;
  passage.box = box_;
}

template <RealScalar T>
void DeviceField<T>::finish() {
  // In the order in which they were written.
  for (std::size_t i = 0; i < 2; ++i) finish(passages_[(next_ + i) % 2]);
}

template class DeviceField<float>;
template class DeviceField<double>;

}  // namespace tessera::engine
