#include <algorithm>
#include <cctype>

#include "batch/task_run.hpp"

namespace tessera::batch {

namespace {

std::map<std::string, TaskFunction>& registry() {
  static std::map<std::string, TaskFunction> functions;
  return functions;
}

}  // namespace

void register_task(const std::string& name, TaskFunction function) {
  const bool named = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char letter) {
    return std::isalnum(letter) != 0 || letter == '-' || letter == '_';
  });
  if (!named) throw ArgumentError("register_task: expected letters, digits, '-' and '_', got '" + name + "'");
  if (!registry().emplace(name, std::move(function)).second) {
    throw ArgumentError("register_task: there is a task '" + name + "' already");
  }
}

const TaskFunction& registered_task(const std::string& name) {
  const auto found = registry().find(name);
  if (found != registry().end()) return found->second;
  std::string names;
  for (const auto& [known, function] : registry()) names += (names.empty() ? "" : ", ") + known;
  throw ArgumentError("no task '" + name +
                      "' is registered in this program, only: " + (names.empty() ? "none" : names));
}

}  // namespace tessera::batch
