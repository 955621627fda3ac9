#include "spectral/distributed_fft_exchange.hpp"

#include <complex>

namespace tessera {

namespace {

/// Whether a box lies in one run of an array of these strides.
bool contiguous(const TileBox& box, const TileEntries& strides) {
  Index run = 1;
  for (std::size_t axis = box.axes; axis-- > 0;) {
    if (box.extent[axis] == 1) continue;
    if (strides[axis] != run) return false;
    run *= box.extent[axis];
  }
  return true;
}

TileEntries contiguous_strides(const TileBox& box) {
  TileEntries strides{};
  Index stride = 1;
  for (std::size_t axis = box.axes; axis-- > 0;) {
    strides[axis] = stride;
    stride *= box.extent[axis];
  }
  return strides;
}

}  // namespace

template <Scalar U>
TileExchange<U>::TileExchange(const TensorSpace& from, const TensorSpace& to, const NodeRanks& ranks,
                              const NodeMemory& memory)
    : memory_(memory), communicator_(*from.partition.communicator()), tile_(to.tile()) {
  tile_strides_ = contiguous_strides(tile_);
  const TileBox old_tile(from.tile());
  for (Index position = 0; position < to.partition.size(); ++position) {
    const Box theirs = to.partition.grid().tile(to.shape, position);
    const TileBox shared = intersect(old_tile, TileBox(theirs));
    if (!shared.empty()) add_target(to.partition.ranks()[static_cast<std::size_t>(position)], shared, theirs, ranks);
  }
  for (Index position = 0; position < from.partition.size(); ++position) {
    const int rank = from.partition.ranks()[static_cast<std::size_t>(position)];
    const TileBox shared = intersect(tile_, TileBox(from.partition.grid().tile(from.shape, position)));
    if (!shared.empty() && ranks.node_rank(rank) < 0) add_source(rank, shared);
  }
  assign_buffers();
}

template <Scalar U>
void TileExchange<U>::add_target(int rank, const TileBox& shared, const Box& their_tile, const NodeRanks& ranks) {
  const Index bytes = shared.volume() * static_cast<Index>(sizeof(U));
  const int node_rank = ranks.node_rank(rank);
  if (node_rank >= 0) {
    auto* array = reinterpret_cast<U*>(memory_.of(node_rank));
    const TileBox tile(their_tile);
    targets_.push_back({shared, array, tile.start, contiguous_strides(tile), exceeds_cache<U>(tile.volume())});
    if (rank == communicator_.rank()) return;
    stored_bytes_ += bytes;
    ++stored_pieces_;
  } else {
    send_targets_.push_back(targets_.size());
    targets_.push_back({shared, nullptr, shared.start, contiguous_strides(shared), false});
    sends_.push_back({rank, nullptr, bytes});
  }
}

template <Scalar U>
void TileExchange<U>::add_source(int rank, const TileBox& shared) {
  void* data = nullptr;
  if (contiguous(shared, tile_strides_)) {
    data = reinterpret_cast<U*>(memory_.own()) + offset_in_tile(shared);
  } else {
    unpacked_.push_back({shared, nullptr});
  }
  receives_.push_back({rank, data, shared.volume() * static_cast<Index>(sizeof(U))});
}

template <Scalar U>
void TileExchange<U>::assign_buffers() {
  const auto elements = [](const Message& message) { return message.bytes / static_cast<Index>(sizeof(U)); };
  Index sent = 0;
  for (const Message& message : sends_) sent += elements(message);
  Index unpacked = 0;
  for (const Source& source : unpacked_) unpacked += source.shared.volume();
  send_buffer_ = Buffer<U>(sent);
  receive_buffer_ = Buffer<U>(unpacked);

  U* next = send_buffer_.data();
  for (std::size_t i = 0; i < sends_.size(); ++i) {
    sends_[i].data = next;
    targets_[send_targets_[i]].array = next;
    next += elements(sends_[i]);
  }
  next = receive_buffer_.data();
  auto source = unpacked_.begin();
  for (Message& message : receives_) {
    if (message.data != nullptr) continue;
    message.data = next;
    (source++)->buffer = next;
    next += elements(message);
  }
}

template <Scalar U>
void TileExchange<U>::store(const TileBox& box, const U* values, const TileEntries& strides) const {
  for (const Target& target : targets_) {
    const TileBox part = intersect(box, target.shared);
    if (part.empty()) continue;
    store_in_tile(part, values + part.offset(box.start, strides), strides,
                  target.array + part.offset(target.origin, target.strides), target.strides, target.past_caches);
  }
}

template <Scalar U>
U* TileExchange<U>::finish() const {
  if (stored_bytes_ > 0) communicator_.ledger().record(stored_bytes_, stored_pieces_);
  communicator_.exchange(sends_, receives_);
  auto* tile = reinterpret_cast<U*>(memory_.own());
  for (const Source& source : unpacked_) {
    store_in_tile(source.shared, source.buffer, contiguous_strides(source.shared), tile + offset_in_tile(source.shared),
                  tile_strides_, exceeds_cache<U>(tile_.volume()));
  }
  memory_.synchronise();
  return tile;
}

template class TileExchange<float>;
template class TileExchange<double>;
template class TileExchange<std::complex<float>>;
template class TileExchange<std::complex<double>>;

}  // namespace tessera
