#include "gradient_rivals.hpp"

#include <unistd.h>

#include <sstream>

#include "tessera/core/threads.hpp"

namespace tessera::bench {

namespace {

/// Waits for rank 0, which is busy elsewhere, without taking time from anyone.
void wait_quietly(const Communicator& world) {
  constexpr useconds_t kPause = 2000;
  MPI_Request request;
  check_mpi(MPI_Ibarrier(world.handle(), &request), "MPI_Ibarrier");
  for (int done = 0; done == 0;) {
    check_mpi(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
    if (done == 0) usleep(kPause);
  }
}

std::string list(const Shape& shape) {
  std::string text;
  for (const Index extent : shape) text += (text.empty() ? "" : ",") + std::to_string(extent);
  return text;
}

/// What both scripts are told.
void append_model(std::vector<std::string>& command, const GradientSettings& settings, const Options& options) {
  const std::vector<std::string> words = {"--grid",     list(options.grid),
                                          "--modes",    list(options.modes),
                                          "--width",    std::to_string(options.width),
                                          "--blocks",   std::to_string(options.blocks),
                                          "--batch",    std::to_string(options.batch),
                                          "--in-steps", std::to_string(settings.in_steps),
                                          "--loss",     settings.loss == "mse" ? "mse" : "relative",
                                          "--threads",  std::to_string(thread_count())};
  command.insert(command.end(), words.begin(), words.end());
}

std::string script(const char* name) { return std::string(TESSERA_BENCHMARK_SOURCES) + "/" + name; }

}  // namespace

Rival::Rival(World world, const std::vector<std::string>& command) : world_(std::move(world)) {
  world_->together([&] {
    if (world_->rank() == 0) process_ = std::make_unique<ChildProcess>(command);
  });
}

std::string Rival::state() {
  std::string answer;
  world_->together([&] {
    if (process_) answer = process_->ask("ready");
  });
  return world_->broadcast(answer, 0);
}

void Rival::compute() {
  if (process_) {
    const std::string answer = process_->ask("go");
    double seconds = 0.0, peak = 0.0;
    if (!(std::istringstream(answer) >> seconds >> peak)) throw IoError("the program compared with answers: " + answer);
    peak_bytes_ = static_cast<Index>(peak);
  }
  if (world_->size() > 1) wait_quietly(*world_);
}

std::vector<std::string> dfno_command(const GradientSettings& settings, const Options& options, const Shape& partition,
                                      int ranks) {
  std::vector<std::string> command = {
      "mpirun",  "-n",     std::to_string(ranks), settings.python, script("compare_dfno.py"),
      "--serve", "--path", settings.dfno,         "--partition",   list(partition)};
  append_model(command, settings, options);
  return command;
}

const std::vector<std::string>& torch_variants() {
  static const std::vector<std::string> variants = {"eager",   "eager-tf32",   "eager-bf16",
                                                    "compile", "compile-tf32", "compile-bf16"};
  return variants;
}

std::vector<std::string> torch_command(const GradientSettings& settings, const Options& options,
                                       const std::string& pass, const std::string& variant) {
  const std::size_t dash = variant.find('-');
  std::vector<std::string> command = {settings.python,
                                      script("compare_torch_fno.py"),
                                      "--serve",
                                      "--device",
                                      options.device,
                                      "--pass",
                                      pass,
                                      "--precision",
                                      dash == std::string::npos ? "float32" : variant.substr(dash + 1),
                                      "--hidden",
                                      std::to_string(options.hidden)};
  if (variant.starts_with("compile")) command.push_back("--compile");
  append_model(command, settings, options);
  return command;
}

}  // namespace tessera::bench
