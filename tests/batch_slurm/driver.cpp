/// A program whose driver can be killed: <folder> <tasks> <seconds> <journal>.

#include <cstdio>
#include <cstdlib>

#include "batch_slurm/step_task.hpp"

int main(int argc, char** argv) {
  using namespace tessera::batch;
  testing_support::register_step();
  return run_program(argc, argv, [&](const auto&) {
    if (argc != 5) throw tessera::ConfigError("expected a folder, a number of tasks, seconds and a file");
    Batch batch(argv[1], slurm_engine({.tasks_per_job = 2, .poll_interval = 0.3}), {.retries = 0});
    batch.map(testing_support::kStep, testing_support::steps(std::atoll(argv[2]), std::atof(argv[3]), argv[4]));
    return batch.wait_all() == 0 ? 0 : 1;
  });
}
