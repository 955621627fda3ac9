/// A driver that can be killed and timed: <folder> <tasks> <seconds> <journal> <tasks per job>.

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "batch_slurm/step_task.hpp"

int main(int argc, char** argv) {
  using namespace tessera::batch;
  using Clock = std::chrono::steady_clock;
  testing_support::register_step();
  return run_program(argc, argv, [&](const auto&) {
    if (argc != 6) throw tessera::ConfigError("expected a folder, tasks, seconds, a file and tasks per job");
    const auto begin = Clock::now();
    const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
    Batch batch(argv[1], slurm_engine({.tasks_per_job = std::atoll(argv[5]), .poll_interval = 0.3}), {.retries = 0});
    batch.map(testing_support::kStep, testing_support::steps(std::atoll(argv[2]), std::atof(argv[3]), argv[4]));
    const double submitted = seconds();
    const auto failed = batch.wait_all();
    std::printf("%s tasks: submitted after %.3f s, all over after %.3f s, %lld failed\n", argv[2], submitted, seconds(),
                static_cast<long long>(failed));
    return failed == 0 ? 0 : 1;
  });
}
