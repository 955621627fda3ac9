#pragma once

/// \file
/// The environment variables named in cuda_runtime_api.h.

namespace tessera::emulation {

enum class Order { forward, reverse, random };

struct Settings {
  int devices;
  Order order;
  bool guard;
};

/// Ends the program where a variable has no value it may have.
const Settings& settings();

}  // namespace tessera::emulation
