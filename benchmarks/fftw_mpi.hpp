#pragma once

/// \file
/// FFTW's own distributed transform, to compare with.

#include <mpi.h>

#include <functional>
#include <optional>

#include "tessera/core/shape.hpp"

namespace tessera::bench {

struct FftwMpiPlan {
  Shape grid;  ///< slabs of the first axis on all ranks
  bool real;
  bool single_precision;
  bool transposed;  ///< FFTW_MPI_TRANSPOSED_OUT and _IN: one exchange each way
  bool in_place;
  bool measure;  ///< FFTW_MEASURE, otherwise FFTW_ESTIMATE
};

/// A forward and a backward transform, not scaled, of data that `reset` sets.
struct FftwMpiRoundTrip {
  std::function<void()> run;
  std::function<void()> reset;
};

/// Nothing in a build without FFTW-MPI. Collective.
std::optional<FftwMpiRoundTrip> make_fftw_mpi_round_trip(const FftwMpiPlan& plan, MPI_Comm communicator);

}  // namespace tessera::bench
