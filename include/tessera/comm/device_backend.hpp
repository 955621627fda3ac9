#pragma once

/// \file
/// Which way data in device memory travels between ranks, and why.

#include <array>
#include <string>
#include <vector>

#include "tessera/core/device.hpp"

namespace tessera {

class Communicator;

/// What a program asks for.
enum class DeviceBackend { automatic, mpi, nccl };

/// What it gets: NCCL, MPI on device pointers, or MPI on copies in pinned host memory.
enum class DeviceRoute { nccl, mpi_direct, mpi_staged };

/// What decides, equal on all ranks.
struct DeviceFacts {
  std::string nccl_missing;   ///< why NCCL cannot be used; empty where it can
  std::string shared_device;  ///< which ranks compute on one device, which NCCL refuses; empty where none do
  bool mpi_direct = false;    ///< MPI was seen to move device memory
  std::string mpi_evidence;   ///< how that was found out
};

/// A route, and in one line of text why.
struct DeviceChoice {
  DeviceRoute route = DeviceRoute::mpi_staged;
  std::string reason;
};

/// `nccl` and `mpi` as asked for, `mpi` on device pointers where MPI moves them; `automatic` takes NCCL where it can be
/// used and every rank has a device of its own, else MPI. Local. Throws NcclError when NCCL is asked for in vain.
DeviceChoice choose_route(DeviceBackend asked, const DeviceFacts& facts);

/// "nccl", "mpi on device memory" or "mpi staged through pinned host memory".
std::string to_string(DeviceRoute route);

/// Which of the ranks compute on one device, for example "ranks 0 and 2 compute on one device"; empty where none do.
/// `devices` holds the identity of every rank's.
std::string shared_device(const std::vector<std::array<Index, 2>>& devices);

/// NCCL's version, for example "2.28.9"; empty in a build without it, and why_no_nccl() then says so. Local; neither
/// needs a device.
std::string nccl_version();
std::string why_no_nccl();

/// Finds the facts for the ranks of `communicator`, each on its current device. Whether MPI moves device memory is
/// asked of MPI first (MPIX_Query_cuda_support); only where that says yes on every rank is it tried: a message from
/// each rank to itself and one to the next, which must arrive whole. Collective. Throws CudaError where any rank has no
/// device.
DeviceFacts find_device_facts(const Communicator& communicator);

/// What MPIX_Query_cuda_support says of this rank's MPI, and whether that is yes. Local, needs no device.
struct MpiAnswer {
  bool cuda_aware;
  std::string text;
};
MpiAnswer ask_mpi_about_cuda();

}  // namespace tessera
