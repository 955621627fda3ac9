#include "core/backends/device_backend.hpp"
#include "core/device_graph.hpp"
#include "tessera/core/device.hpp"
#include "tessera/core/device_copy.hpp"
#include "tessera/core/device_memory_use.hpp"
#include "tessera/core/pinned_buffer.hpp"

namespace tessera {

int device_count() { return 0; }

std::string why_no_device() { return "this build of Tessera is without CUDA; configure it with -DTESSERA_CUDA=ON"; }

DeviceProperties current_device() {
  require_device("current_device");
  return {};
}

DeviceMemoryUse device_memory_use() {
  require_device("device_memory_use");
  return {};
}

void reset_device_memory_peak() { require_device("reset_device_memory_peak"); }

namespace detail {

void use_device(int) {}
std::shared_ptr<CUstream_st> create_stream() { return nullptr; }
void synchronize(CUstream_st*) {}
bool done(CUstream_st*) { return true; }
std::shared_ptr<CUevent_st> create_event() { return nullptr; }
void record(CUevent_st*, CUstream_st*) {}
bool done(CUevent_st*) { return true; }
void wait(CUevent_st*) {}
void hold(CUevent_st*, CUstream_st*) {}
void begin_recording(CUstream_st*) {}
std::shared_ptr<CUgraphExec_st> end_recording(CUstream_st*) { return nullptr; }
void launch(CUgraphExec_st*, CUstream_st*) {}

void* allocate_device(CUstream_st*, std::size_t) {
  require_device("DeviceBuffer");
  return nullptr;
}
void free_device(CUstream_st*, void*) noexcept {}

void* allocate_pinned(std::size_t) {
  require_device("PinnedBuffer");
  return nullptr;
}
void free_pinned(void*) noexcept {}

void copy_bytes(CUstream_st*, std::size_t, const void*, void*) { require_device("copy_async"); }

}  // namespace detail
}  // namespace tessera
