/// A program with a batch, for tests that treat it badly: batch_program FOLDER TASKS MILLISECONDS [fail]
///
/// Each task appends its number to <folder>/executed, works for the given time, and leaves a sample that can be
/// checked. Prints what a user's program would: how many results are right.

#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

#include "tessera/batch/batch.hpp"

using namespace tessera;

namespace {

batch::Record make_sample(const batch::TaskContext& task) {
  const auto number = task.parameters().get<Index>("number");
  std::ofstream(task.folder() + "/../../executed", std::ios::app) << std::to_string(number) + "\n" << std::flush;
  std::this_thread::sleep_for(std::chrono::milliseconds(task.parameters().get<Index>("milliseconds")));
  std::vector<double> sample;
  for (Index i = 0; i < 1000; ++i) sample.push_back(static_cast<double>(number * i));
  return {{"sample", sample}};
}

int run(const std::string& folder, Index tasks, Index milliseconds) {
  // Killed tasks count as failed ones.
  batch::Batch samples(folder, batch::local_engine({4}), {.retries = 20});
  std::vector<batch::Record> parameters;
  for (Index i = 0; i < tasks; ++i) parameters.push_back({{"number", i}, {"milliseconds", milliseconds}});
  Index right = 0;
  for (const batch::Future& future : samples.map(batch::Work::of_function("make-sample"), parameters)) {
    const auto sample = future.fetch().get<std::vector<double>>("sample");
    right += sample.size() == 1000 && sample[999] == static_cast<double>(999 * future.index()) ? 1 : 0;
  }
  std::printf("%lld right\n", static_cast<long long>(right));
  return right == tasks ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  batch::register_task("make-sample", make_sample);
  return batch::run_program(argc, argv, [&](const std::shared_ptr<const Communicator>&) {
    if (argc != 4) throw ArgumentError("expected a folder, a number of tasks, and milliseconds");
    return run(argv[1], std::stol(argv[2]), std::stol(argv[3]));
  });
}
