#include "tessera/comm/mpi_environment.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

namespace tessera {

MpiEnvironment::MpiEnvironment(int& argc, char**& argv) : owns_(false) {
  int initialized = 0;
  MPI_Initialized(&initialized);
  if (initialized != 0) return;
  int provided = 0;
  check_mpi(MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  owns_ = true;
}

MpiEnvironment::~MpiEnvironment() {
  int finalized = 0;
  MPI_Finalized(&finalized);
  if (owns_ && finalized == 0) MPI_Finalize();
}

namespace {

std::string describe(const std::exception& exception) {
  const auto* error = dynamic_cast<const Error*>(&exception);
  return (error != nullptr ? std::string(error_kind_name(error->kind())) : std::string("error")) + ": " +
         exception.what();
}

/// Lower ranks speak first: where every rank met the same error, rank 0 ends the job before the others repeat it.
int abort_job(const Communicator& world, const std::string& text) {
  if (world.size() == 1) {
    std::fprintf(stderr, "tessera: %s\n", text.c_str());
    return 1;
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(300 * std::min(world.rank(), 4)));
  const std::string speaker = world.rank() == 0 ? "" : "rank " + std::to_string(world.rank()) + ": ";
  std::fprintf(stderr, "tessera: %s%s\n", speaker.c_str(), text.c_str());
  std::fflush(stderr);
  std::fflush(stdout);
  // Gives the launcher time to forward the line before it tears the job down.
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  MPI_Abort(world.handle(), 1);
  return 1;
}

}  // namespace

int run_program(int argc, char** argv, const std::function<int(const std::shared_ptr<const Communicator>&)>& program) {
  const MpiEnvironment environment(argc, argv);
  const auto world = std::make_shared<const Communicator>(Communicator::world());
  try {
    return program(world);
  } catch (const std::exception& exception) {
    return abort_job(*world, describe(exception));
  }
}

}  // namespace tessera
