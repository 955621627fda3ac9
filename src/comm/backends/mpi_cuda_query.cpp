#include <mpi.h>
// Needs mpi.h before it.
#include <mpi-ext.h>

#include "tessera/comm/device_backend.hpp"

namespace tessera {

MpiAnswer ask_mpi_about_cuda() {
  if (MPIX_Query_cuda_support() == 0)
    return {false, "MPI does not move device memory (MPIX_Query_cuda_support says no)"};
  return {true, "MPI moves device memory by its own account (MPIX_Query_cuda_support)"};
}

}  // namespace tessera
