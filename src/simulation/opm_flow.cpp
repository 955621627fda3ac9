#include "simulation/opm_flow.hpp"

#include <deque>
#include <filesystem>
#include <fstream>

#include "core/process.hpp"
#include "tessera/core/error.hpp"

namespace tessera {

namespace {

/// flow is an MPI program itself: with these it would take itself for a rank of the job that this process belongs to.
const std::vector<std::string> kJobVariables{"OMPI_", "PMIX_", "PMI_", "PRTE_", "ORTE_", "MPI_", "SLURM_", "HYDRA_"};

/// The error of mass allowed in a step, relative to all mass. flow's own 1e-6 is a percent of the gas where cells along
/// the sides stand for an aquifer.
constexpr const char* kMassTolerance = "--tolerance-mb=1e-8";

/// The lines from the first error on, else the last ones.
std::string messages_in(const std::string& log) {
  constexpr std::size_t kLines = 12;
  std::ifstream stream(log);
  std::deque<std::string> lines;
  bool error = false;
  for (std::string line; std::getline(stream, line) && !(error && lines.size() == kLines);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (!error && (line.find("Error") != std::string::npos || line.find("Problem") != std::string::npos)) {
      error = true;
      lines.clear();
    }
    lines.push_back(line);
    if (lines.size() > kLines) lines.pop_front();
  }
  std::string result;
  for (const std::string& line : lines) result += "\n  " + line;
  return result.empty() ? "\n  (nothing)" : result;
}

}  // namespace

std::string find_opm_flow(const std::string& program) {
  std::string path = find_program(program);
  if (path.empty()) {
    throw ConfigError("CO2 flow: there is no program '" + program +
                      "'. Install OPM flow (Debian: apt-get install libopm-simulators-bin, or "
                      "scripts/install_dependencies.sh --co2), or let the setting 'program' name it");
  }
  return path;
}

void run_opm_flow(const std::string& program, int threads, const std::string& deck, const std::string& folder,
                  const std::string& log) {
  const std::string count = std::to_string(threads);
  ProcessOptions options;
  options.log = log;
  options.without = kJobVariables;
  options.environment = {{"OMP_NUM_THREADS", count}};
  std::filesystem::remove(log);
  const ProcessEnd end = run_process(
      {find_opm_flow(program), "--threads-per-process=" + count, kMassTolerance, "--output-dir=" + folder, deck},
      options);
  if (end.success()) return;
  throw IoError("CO2 flow: " + program + " ended by " + end.describe() + " on " + deck + "; its messages in " + log +
                ":" + messages_in(log));
}

}  // namespace tessera
