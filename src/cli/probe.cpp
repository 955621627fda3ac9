#include "probe.hpp"

#include <fmt/format.h>

#include "tessera/comm/device_backend.hpp"
#include "tessera/comm/placement.hpp"
#include "tessera/core/device.hpp"

namespace tessera::cli {

namespace {

std::string node_name() {
  char name[MPI_MAX_PROCESSOR_NAME] = "";
  int length = 0;
  check_mpi(MPI_Get_processor_name(name, &length), "MPI_Get_processor_name");
  return {name, static_cast<std::size_t>(length)};
}

/// "Open MPI v4.1.4": the first words of what can be a long account.
std::string mpi_version() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int length = 0;
  check_mpi(MPI_Get_library_version(text, &length), "MPI_Get_library_version");
  const std::string version(text, static_cast<std::size_t>(length));
  return version.substr(0, version.find_first_of(",\n"));
}

/// What this rank computes on; an error of CUDA is a finding, too.
std::string describe_device(int local_rank) {
  try {
    const int number = select_device(local_rank);
    const DeviceProperties device = current_device();
    constexpr double kGibibyte = 1024.0 * 1024.0 * 1024.0;
    return fmt::format("device {} of {}, {}, {:.1f} GiB", number, device_count(), device.name,
                       static_cast<double>(device.bytes) / kGibibyte);
  } catch (const CudaError& error) {
    return fmt::format("no device: {}", device_count() == 0 ? why_no_device() : error.what());
  }
}

std::string describe_choice(const DeviceFacts& facts) {
  const DeviceChoice choice = choose_route(DeviceBackend::automatic, facts);
  return fmt::format("{}: {}", to_string(choice.route), choice.reason);
}

}  // namespace

int run_probe(const World& world) {
  const std::string device = describe_device(node_of(*world).rank());
  const std::string mine = fmt::format("rank {} on node {}: {}", world->rank(), node_name(), device);
  std::string report;
  for (int rank = 0; rank < world->size(); ++rank) report += world->broadcast(mine, rank) + "\n";

  const bool has_none = device.starts_with("no device");
  const int first_without = world->all_min(has_none ? world->rank() : world->size());
  std::string mpi = ask_mpi_about_cuda().text;
  std::string choice = fmt::format("none: rank {} has no device", first_without);
  if (first_without == world->size()) {
    const DeviceFacts facts = find_device_facts(*world);
    mpi = facts.mpi_evidence;
    choice = describe_choice(facts);
  }
  if (world->rank() != 0) return 0;
  const std::string missing = why_no_nccl();
  fmt::print("{}MPI: {}; {}\nNCCL: {}\nbackend auto: {}\n", report, mpi_version(), mpi,
             missing.empty() ? nccl_version() : "none: " + missing, choice);
  return 0;
}

}  // namespace tessera::cli
