#include "machine.hpp"

#include <dlfcn.h>
#include <mpi.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string_view>
#include <thread>

#include "commit_text.hpp"
#include "tessera/core/error.hpp"

namespace tessera::bench {

namespace {

/// What follows "<key> :" on the first line of a /proc file that starts so; empty when there is none.
std::string proc_entry(const char* path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t value = line.find_first_not_of(" \t:", key.size());
    return value == std::string::npos ? std::string() : line.substr(value);
  }
  return {};
}

/// An entry in kB, as bytes; 0 when there is none.
std::int64_t proc_bytes(const char* path, std::string_view key) {
  constexpr std::int64_t kKilobyte = 1024;
  return std::strtoll(proc_entry(path, key).c_str(), nullptr, 10) * kKilobyte;
}

std::string mpi_library() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  if (MPI_Get_library_version(text, &length) != MPI_SUCCESS) return "unknown";
  const std::string version(text, static_cast<std::size_t>(length));
  return version.substr(0, version.find_first_of(",\n"));
}

/// glibc's malloc_trim where the program has it.
void release_freed_memory() {
  using Trim = int (*)(std::size_t);
  if (auto* trim = reinterpret_cast<Trim>(dlsym(RTLD_DEFAULT, "malloc_trim"))) trim(0);
}

}  // namespace

Machine this_machine() {
  const std::string processor = proc_entry("/proc/cpuinfo", "model name");
  return {processor.empty() ? "unknown" : processor, static_cast<int>(std::thread::hardware_concurrency()),
          static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE), mpi_library(), kCompilerText};
}

std::string commit() { return kCommitText; }

std::int64_t resident_memory() { return proc_bytes("/proc/self/status", "VmRSS"); }

std::int64_t peak_memory() {
  if (const std::int64_t peak = proc_bytes("/proc/self/status", "VmHWM"); peak > 0) return peak;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

bool reset_peak_memory() {
  release_freed_memory();
  std::ofstream file("/proc/self/clear_refs");
  return static_cast<bool>(file << "5" << std::flush);
}

void limit_memory(std::int64_t bytes) {
  const rlimit limit{static_cast<rlim_t>(bytes), static_cast<rlim_t>(bytes)};
  if (bytes < 1 || setrlimit(RLIMIT_DATA, &limit) != 0)
    throw ArgumentError("limit_memory: the system refuses a limit of " + std::to_string(bytes) + " bytes");
}

}  // namespace tessera::bench
