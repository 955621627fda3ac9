#include "comm/backends/nccl_backend.hpp"
#include "tessera/comm/device_backend.hpp"

namespace tessera {

std::string nccl_version() { return ""; }

std::string why_no_nccl() {
  return "this build of Tessera is without NCCL; configure it with CUDA where NCCL 2.14 or newer is found (NCCL_ROOT "
         "names its folder)";
}

namespace detail {

std::unique_ptr<DeviceTransport> make_nccl_transport(Communicator) { throw NcclError(why_no_nccl()); }

}  // namespace detail
}  // namespace tessera
