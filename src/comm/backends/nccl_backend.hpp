#pragma once

/// \file
/// What DeviceCommunicator asks of NCCL: nccl_transport.cpp answers, or nccl_absent.cpp in a build without it.

#include <memory>

#include "comm/device_transport.hpp"

namespace tessera::detail {

/// Makes NCCL's communicator of the ranks of `communicator`, each on its current device. Collective; throws NcclError.
std::unique_ptr<DeviceTransport> make_nccl_transport(Communicator communicator);

}  // namespace tessera::detail
