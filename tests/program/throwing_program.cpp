/// Throws on the rank given as argument, or on "all", while the others wait in a collective.

#include <cstring>
#include <string>

#include "tessera/comm/mpi_environment.hpp"

int main(int argc, char** argv) {
  return tessera::run_program(argc, argv, [&](const std::shared_ptr<const tessera::Communicator>& world) {
    const std::string who = argc > 1 ? argv[1] : "all";
    if (who == "all" || who == std::to_string(world->rank())) throw tessera::ArgumentError("something is wrong here");
    world->barrier();
    return 0;
  });
}
