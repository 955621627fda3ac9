#include "batch/test_tasks.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <numeric>
#include <stdexcept>

namespace tessera::batch::testing_support {
namespace {

Record square(const TaskContext& task) {
  const Record& parameters = task.parameters();
  if (task.attempt() < parameters.get<Index>("succeeds_at", 1)) throw std::runtime_error("too early");
  std::ofstream(task.folder() + "/note") << "square of task " << task.index();
  const auto x = parameters.get<double>("x");
  return {{"y", x * x}, {"attempt", Index{task.attempt()}}};
}

Record misbehave(const TaskContext& task) {
  const auto how = task.parameters().get<std::string>("how");
  std::printf("about to %s\n", how.c_str());
  std::ofstream(task.scratch() + "/deck") << "input";
  std::fflush(stdout);
  if (how == "throw") throw NumericError("the pressure is negative");
  if (how == "abort") std::abort();
  if (how == "exit") std::exit(5);
  if (how == "hang") ::sleep(1000);
  return {};
}

Record keep_busy(const TaskContext& task) {
  std::vector<char> memory(static_cast<std::size_t>(task.parameters().get<Index>("bytes")), 1);
  const auto ticks = static_cast<std::clock_t>(task.parameters().get<double>("seconds") * CLOCKS_PER_SEC);
  const std::clock_t begin = std::clock();
  while (std::clock() - begin < ticks) memory[static_cast<std::size_t>(std::clock()) % memory.size()] = 2;
  return {{"threads", Index{task.threads()}}};
}

Record sum(const TaskContext& task) {
  const MappedBytes data = task.load(task.parameters().get<Reference>("data"));
  return {{"sum", std::accumulate(data.bytes().begin(), data.bytes().end(), Index{0})}};
}

Record add_ranks(const TaskContext& task) {
  const Communicator& ranks = *task.communicator();
  if (task.parameters().get<Index>("x") == task.parameters().get<Index>("failing", -1)) {
    throw NumericError("not this one");
  }
  Index total = ranks.rank() + 1;
  ranks.all_sum(&total, 1);
  return {{"sum", total}, {"ranks", Index{ranks.size()}}};
}

const bool kRegistered = [] {
  register_task("test-square", square);
  register_task("test-bad", misbehave);
  register_task("test-busy", keep_busy);
  register_task("test-sum", sum);
  register_task("test-ranks", add_ranks);
  return true;
}();

}  // namespace
}  // namespace tessera::batch::testing_support
