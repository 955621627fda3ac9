#include <algorithm>
#include <utility>

#include "device_memory.hpp"
#include "errors.hpp"
#include "fail.hpp"
#include "work_queue.hpp"

namespace tessera::emulation {

bool Place::reached() const { return queue == nullptr || queue->done() >= number; }

void Place::approach() const {
  const WorkScope scope;
  if (!reached()) queue->step();
}

void Place::reach() const {
  const WorkScope scope;
  while (!reached()) queue->step();
}

void WorkQueue::step() {
  if (!waiting_.front().place.reached()) return waiting_.front().place.approach();
  const Item item = std::move(waiting_.front());
  waiting_.pop_front();
  if (item.work) item.work();
  ++done_;
}

std::shared_ptr<Recording> recording_of(cudaStream_t stream) {
  if (stream == nullptr) fail("the default stream is not used in this library");
  const auto& recording = stream->recording;
  return recording != nullptr && !recording->ended ? recording : nullptr;
}

void put(cudaStream_t stream, Work work) {
  if (const auto recording = recording_of(stream)) {
    recording->work.push_back(std::move(work));
    stream->known[stream] = ++recording->pieces[stream];
  } else {
    stream->queue->put(std::move(work));
  }
}

void finish(cudaStream_t stream) { Place{stream->queue, stream->queue->end()}.reach(); }

namespace {

/// What a query answers, after one piece of the work.
cudaError_t approach(const Place& place) {
  if (place.reached()) return cudaSuccess;
  place.approach();
  return remember(cudaErrorNotReady);
}

bool is_captured(cudaEvent_t event) { return event->recording != nullptr; }

}  // namespace

}  // namespace tessera::emulation

using namespace tessera::emulation;

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  if (flags != cudaStreamNonBlocking) fail("a stream that waits for the default stream");
  *stream = new CUstream_st;
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  if (recording_of(stream) != nullptr) fail("a capturing stream is destroyed");
  finish(stream);
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (recording_of(stream) != nullptr) return remember(cudaErrorStreamCaptureUnsupported);
  finish(stream);
  return cudaSuccess;
}

cudaError_t cudaStreamQuery(cudaStream_t stream) {
  if (recording_of(stream) != nullptr) return remember(cudaErrorStreamCaptureUnsupported);
  return approach({stream->queue, stream->queue->end()});
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  const auto recording = recording_of(stream);
  if (is_captured(event)) {
    if (event->recording->ended || (recording != nullptr && recording != event->recording)) {
      return remember(cudaErrorStreamCaptureIsolation);
    }
    if (recording == nullptr) stream->known.clear();
    stream->recording = event->recording;
    for (const auto& [other, pieces] : event->known) {
      stream->known[other] = std::max(stream->known[other], pieces);
    }
    return cudaSuccess;
  }
  if (event->place.queue == nullptr) return cudaSuccess;
  if (recording != nullptr) return remember(cudaErrorStreamCaptureIsolation);
  stream->queue->wait_for(event->place);
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  if (flags != cudaEventDisableTiming) fail("an event that keeps time");
  *event = new CUevent_st;
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  event->recording = recording_of(stream);
  event->known = stream->known;
  event->place = {stream->queue, stream->queue->end()};
  return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (is_captured(event)) return remember(cudaErrorCapturedEvent);
  event->place.reach();
  return cudaSuccess;
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  if (is_captured(event)) return remember(cudaErrorCapturedEvent);
  return approach(event->place);
}
