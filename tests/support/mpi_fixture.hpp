#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "tessera/comm/communicator.hpp"

namespace tessera::testing_support {

/// All ranks of the test program; set by the tests' main function.
extern std::shared_ptr<const Communicator> world_communicator;

inline const std::shared_ptr<const Communicator>& world() { return world_communicator; }

}  // namespace tessera::testing_support
