/// What a batch costs besides its tasks: submission and collection per task, and how well the cores are used.

#include <cmath>
#include <filesystem>
#include <thread>

#include "harness.hpp"
#include "tessera/batch/batch.hpp"
#include "tessera/core/threads.hpp"

namespace {

using namespace tessera;

struct Workload {
  std::string name;
  Index tasks;
  double seconds;
  int slots;
};

/// Nothing, or so many seconds of it.
batch::Record take_a_pause(const batch::TaskContext& task) {
  std::this_thread::sleep_for(std::chrono::duration<double>(task.parameters().get<double>("seconds")));
  return {};
}

std::unique_ptr<batch::Engine> make_engine(const std::string& name, const bench::World& world, int slots) {
  return name == "mpi" ? batch::mpi_engine(world) : batch::local_engine({slots});
}

/// A whole batch, from its folder's making to its last result.
void run_batch(const std::string& folder, const std::string& engine, const bench::World& world,
               const Workload& workload) {
  batch::Batch run(folder, make_engine(engine, world, workload.slots), {.retries = 0});
  std::vector<batch::Record> parameters(static_cast<std::size_t>(workload.tasks), {{"seconds", workload.seconds}});
  for (const batch::Future& future : run.map(batch::Work::of_function("pause"), parameters)) future.fetch();
}

void measure(bench::Harness& harness, const std::string& engine, const std::string& parent, const Workload& workload) {
  const int workers = engine == "mpi" ? harness.world()->size() : workload.slots;
  const bench::Fields fields = {
      {"engine", engine}, {"tasks", workload.tasks}, {"workers", Index{workers}}, {"task_seconds", workload.seconds}};
  harness.run(workload.name, fields, [&](bench::Case& c) {
    int round = 0;
    const auto folder = [&] { return parent + "/" + workload.name + std::to_string(round); };
    bench::Contender contender{engine, [&] { run_batch(folder(), engine, harness.world(), workload); }};
    // Removed at the end: ext4 is slow to make files right after others were removed.
    contender.before = [&] { ++round; };
    contender.figures = [&](double median) -> bench::Fields {
      const auto tasks = static_cast<double>(workload.tasks);
      const double ideal = workload.seconds * std::ceil(tasks / workers);
      return {{"microseconds_per_task", 1e6 * (median - ideal) / tasks},
              {"tasks_per_s", tasks / median},
              {"efficiency", ideal / median}};
    };
    c.time(contender);
  });
}

int run(int argc, char** argv, const bench::World& world) {
  bench::Options options;
  std::string engine = "local";
  std::string folder = std::filesystem::temp_directory_path() / "tessera-batch-benchmark";
  Index tasks = 1024;
  Index pauses = 20;
  Index slots = static_cast<Index>(available_cores().size());
  bench::CommandLine line("batch",
                          "Times whole batches: tasks that do nothing, which shows submission and collection, and "
                          "tasks of one second, which shows how well the workers are used.",
                          options, {});
  line.add("--engine", engine, "Where tasks run", {"local", "mpi"});
  line.add("--folder", folder, "For the batches; on the file system they would be on");
  line.add("--tasks", tasks, "Tasks that do nothing");
  line.add("--pauses", pauses, "Tasks of one second for each worker; 0: none");
  line.add("--slots", slots, "Tasks at a time (local)");
  if (!line.parse(argc, argv, *world)) return 0;
  bench::Harness harness("batch", world, options);
  const int workers = engine == "mpi" ? world->size() : static_cast<int>(slots);
  measure(harness, engine, folder, {"no-op", tasks, 0.0, workers});
  if (pauses > 0) measure(harness, engine, folder, {"one-second", pauses * workers, 1.0, workers});
  if (world->rank() == 0) std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  batch::register_task("pause", take_a_pause);
  return batch::run_program(argc, argv, [&](const bench::World& world) { return run(argc, argv, world); });
}
