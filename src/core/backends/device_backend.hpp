#pragma once

/// \file
/// What src/core/device.cpp and stream.cpp ask of CUDA: device_cuda.cpp answers, or device_absent.cpp in a build
/// without it.

#include <memory>

#include "tessera/core/event.hpp"
#include "tessera/core/stream.hpp"

namespace tessera::detail {

/// Makes `device` the one of this thread and lets its pool keep what is freed.
void use_device(int device);

/// A stream that does not wait for the legacy default stream.
std::shared_ptr<CUstream_st> create_stream();

void synchronize(CUstream_st* stream);

/// Whether all work of the stream is done.
bool done(CUstream_st* stream);

/// An event that keeps no time.
std::shared_ptr<CUevent_st> create_event();

void record(CUevent_st* event, CUstream_st* stream);
bool done(CUevent_st* event);
void wait(CUevent_st* event);

/// Later work of the stream begins after the event.
void hold(CUevent_st* event, CUstream_st* stream);

}  // namespace tessera::detail
