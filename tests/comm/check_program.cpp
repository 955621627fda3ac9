/// Programs whose ranks agree and disagree, under TESSERA_CHECK=1 (read once per process): one scenario per run, the
/// first argument. CTest looks at the exit code and the output:
///   agree       ranks that do the same: exit code 0
///   disagree    ranks announce different operations: every rank gets the same MpiError naming both
///   lag         ranks agree on the operation but not on the shape or on how many came before
///   wait        a rank comes late: the watchdog of the others says where they wait
///   apart       ranks that share no operator do different things: exit code 0
///   together    the ranks of one operator disagree, the others do not: those of the operator get an MpiError

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "tessera/comm/collective_guard.hpp"
#include "tessera/comm/mpi_environment.hpp"
#include "tessera/primitives/repartition.hpp"

namespace {

using tessera::CollectiveGuard;
using tessera::Communicator;

int agree(const Communicator& world) {
  for (int call = 0; call < 3; ++call) {
    const CollectiveGuard guard(world, "Sum::forward", {4, 5});
    world.barrier();
  }
  return tessera::collective_checks_enabled() ? 0 : 1;
}

/// 0 when every rank throws the same MpiError and it holds both texts.
int expect_disagreement(const Communicator& world, const std::string& operation, const tessera::Shape& shape,
                        const std::string& one, const std::string& other) {
  std::string message;
  try {
    const CollectiveGuard guard(world, operation, shape);
  } catch (const tessera::MpiError& error) {
    message = error.what();
  }
  const bool alike = message == world.broadcast(message, 0);
  const bool named = message.find(one) != std::string::npos && message.find(other) != std::string::npos;
  if (world.rank() == 0) std::printf("%s\n", message.c_str());
  return world.all_min(alike && named ? 1 : 0) == 1 ? 0 : 1;
}

int disagree(const Communicator& world) {
  const bool first = world.rank() == 0;
  const int last = world.size() - 1;
  return expect_disagreement(world, first ? "Sum::forward" : "Copy::forward", {4}, "rank 0: call 1, Sum::forward [4]",
                             "rank " + std::to_string(last) + ": call 1, Copy::forward [4]");
}

int lag(const Communicator& world) {
  const bool first = world.rank() == 0;
  const int shapes =
      expect_disagreement(world, "Sum::forward", {first ? 4 : 5}, "Sum::forward [4]", "Sum::forward [5]");
  if (first) world.count_guarded_call();
  return shapes + expect_disagreement(world, "Sum::forward", {4}, "call 3, Sum", "call 2, Sum");
}

int wait(const Communicator& world) {
  const CollectiveGuard guard(world, "Sum::forward", {4});
  if (world.rank() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  world.barrier();
  return 0;
}

using Operator = tessera::Repartition<double>;

/// Between ranks 1 and 2.
Operator move_rows(const std::shared_ptr<const Communicator>& world, const std::string& name) {
  const tessera::Partition rows(world, tessera::Shape{2, 1}, {1, 2}), columns(world, tessera::Shape{1, 2}, {1, 2});
  return Operator({4, 4}, rows, columns, name);
}

int apart(const std::shared_ptr<const Communicator>& world) {
  if (world->rank() == 0) return 0;
  const Operator move = move_rows(world, "Move");
  for (int call = 0; call < 3; ++call) move.forward(tessera::DistTensor<double>::zeros(move.domain()));
  return 0;
}

int together(const std::shared_ptr<const Communicator>& world) {
  const Operator move = move_rows(world, world->rank() == 1 ? "One" : "Other");
  std::string message;
  try {
    move.forward(tessera::DistTensor<double>::zeros(move.domain()));
  } catch (const tessera::MpiError& error) {
    message = error.what();
  }
  if (world->rank() == 0) return message.empty() ? 0 : 1;
  const bool named = message.find("rank 1: call 1, One::forward") != std::string::npos &&
                     message.find("rank 2: call 1, Other::forward") != std::string::npos;
  return named ? 0 : 1;
}

int run_scenario(const std::string& scenario, const std::shared_ptr<const Communicator>& shared) {
  const Communicator& world = *shared;
  if (scenario == "agree") return agree(world);
  if (scenario == "disagree") return disagree(world);
  if (scenario == "lag") return lag(world);
  if (scenario == "wait") return wait(world);
  if (scenario == "apart") return apart(shared);
  if (scenario == "together") return together(shared);
  throw tessera::ArgumentError("no scenario '" + scenario + "'");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string scenario = argc > 1 ? argv[1] : "";
  return tessera::run_program(
      argc, argv, [&](const std::shared_ptr<const Communicator>& world) { return run_scenario(scenario, world); });
}
