#include "tessera/core/event.hpp"

#include "core/backends/device_backend.hpp"
#include "tessera/core/device.hpp"

namespace tessera {

Event::Event() {
  require_device("Event");
  handle_ = detail::create_event();
}

void Event::record(const Stream& stream) { detail::record(handle_.get(), stream.handle()); }

bool Event::done() const { return detail::done(handle_.get()); }

void Event::wait() const { detail::wait(handle_.get()); }

void Event::hold(const Stream& stream) const { detail::hold(handle_.get(), stream.handle()); }

}  // namespace tessera
