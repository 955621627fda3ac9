#include "tessera/batch/engine.hpp"

namespace tessera::batch {

std::unique_ptr<Engine> make_engine(const Record& description, const std::shared_ptr<const Communicator>& world) {
  const std::string name = description.get<std::string>("engine", "");
  if (name == "local") return local_engine({static_cast<int>(description.get<Index>("slots"))});
  if (name == "mpi") return mpi_engine(world);
  if (name == "slurm") return slurm_engine(SlurmSettings::from_record(description));
  throw ConfigError("batch: expected the engine local, mpi or slurm, got '" + name + "'");
}

}  // namespace tessera::batch
