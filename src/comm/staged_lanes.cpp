#include "comm/staged_lanes.hpp"

namespace tessera::detail {

std::vector<Message> StagedLane::messages(std::size_t batch) const {
  std::vector<Message> list;
  for (const MessagePart& part : batches_[batch]) {
    list.push_back({part.peer, buffer(batch).memory + part.place, part.bytes});
  }
  return list;
}

bool StagedSends::advance() {
  bool moved = false;
  if (copied_ < batches_.size() && copied_ < sent_ + buffers_.size()) {
    for (const MessagePart& part : batches_[copied_]) {
      copier_.copy(part.bytes, part.data, buffer(copied_).memory + part.place);
    }
    copier_.mark(buffer(copied_).slot);
    ++copied_;
    moved = true;
  }
  if (started_ < copied_ && copier_.done(buffer(started_).slot)) {
    under_way_[started_ % under_way_.size()] = communicator_.start(messages(started_), {});
    ++started_;
    moved = true;
  }
  if (sent_ < started_ && under_way_[sent_ % under_way_.size()].done()) {
    ++sent_;
    moved = true;
  }
  return moved;
}

bool StagedReceives::advance() {
  bool moved = false;
  // A buffer is free when its last batch has been copied out of it.
  if (started_ < batches_.size() && started_ < stored_ + buffers_.size() && copier_.done(buffer(started_).slot)) {
    under_way_[started_ % under_way_.size()] = communicator_.start({}, messages(started_));
    ++started_;
    moved = true;
  }
  if (stored_ < started_ && under_way_[stored_ % under_way_.size()].done()) {
    for (const MessagePart& part : batches_[stored_]) {
      copier_.copy(part.bytes, buffer(stored_).memory + part.place, part.data);
    }
    copier_.mark(buffer(stored_).slot);
    ++stored_;
    moved = true;
  }
  return moved;
}

}  // namespace tessera::detail
