#pragma once

/// \file
/// What ends the program.

#include <string>

namespace tessera::emulation {

/// Prints "emulated device: <message>" and aborts.
[[noreturn]] void fail(const std::string& message);

}  // namespace tessera::emulation
