#include "tessera/comm/device_backend.hpp"

namespace tessera {

MpiAnswer ask_mpi_about_cuda() {
  return {false, "MPI is not known to move device memory (it was built without MPIX_Query_cuda_support)"};
}

}  // namespace tessera
