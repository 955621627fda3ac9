#include "batch_slurm/step_task.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "core/files.hpp"

namespace tessera::batch::testing_support {

void register_step() {
  register_task("test-step", [](const TaskContext& task) {
    const auto journal = task.parameters().get<std::string>("journal");
    append_to_file(journal, fmt::format("begin {} {}\n", task.index(), ::getpid()));
    std::this_thread::sleep_for(std::chrono::duration<double>(task.parameters().get<double>("seconds")));
    append_to_file(journal, fmt::format("end {} {}\n", task.index(), ::getpid()));
    return Record{{"threads", Index{task.threads()}}};
  });
}

}  // namespace tessera::batch::testing_support
