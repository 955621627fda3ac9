#include "command_line.hpp"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <thread>

#include "suggestion.hpp"
#include "tessera/core/error.hpp"

namespace tessera::cli {

namespace {

constexpr auto kPatience = std::chrono::seconds(1);

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
  const std::string suggestion = nearest(word, known);
  return suggestion.empty() ? "" : fmt::format("; did you mean {}?", suggestion);
}

/// Finds unknown commands and options before CLI11 takes what follows them for something else. Follows the subcommands.
void refuse_unknown_words(const CLI::App& program, int argc, char** argv) {
  const CLI::App* app = &program;
  for (int i = 1; i < argc; ++i) {
    const std::string word(argv[i]);
    if (word == "--") return;
    if (word.starts_with("--")) {
      const std::string name = word.substr(0, word.find('='));
      const std::vector<std::string> known = option_names(*app);
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      throw ConfigError(fmt::format("unknown option {} of `{}`{}", name, app->get_name(), did_you_mean(name, known)));
    }
    const std::vector<std::string> commands = command_names(*app);
    if (commands.empty() || word.starts_with("-")) continue;
    if (std::find(commands.begin(), commands.end(), word) == commands.end()) {
      throw ConfigError(fmt::format("unknown command {}{}", word, did_you_mean(word, commands)));
    }
    app = app->get_subcommand(word);
  }
}

enum class Agreement { none, all_failed, all_alike };

/// Waits a moment for all ranks to fail as this one did and compares their errors; a rank still at work never arrives.
Agreement agree_on_failure(const Communicator& world, const std::string& text) {
  const auto hash = static_cast<Index>(std::hash<std::string>()(text) >> 1);
  const Index mine[2] = {hash, -hash};
  Index most[2] = {0, 0};
  MPI_Request request = MPI_REQUEST_NULL;
  if (MPI_Iallreduce(mine, most, 2, MPI_INT64_T, MPI_MAX, world.handle(), &request) != MPI_SUCCESS)
    return Agreement::none;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  int done = 0;
  while (done == 0) {
    if (MPI_Test(&request, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS) return Agreement::none;
    if (done == 0 && std::chrono::steady_clock::now() > deadline) return Agreement::none;
    if (done == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return most[0] == -most[1] ? Agreement::all_alike : Agreement::all_failed;
}

}  // namespace

std::optional<int> parse_command_line(CLI::App& program, int argc, char** argv, const Communicator& world) {
  try {
    refuse_unknown_words(program, argc, argv);
    program.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::Success& help) {
    if (world.rank() == 0) program.exit(help, std::cout, std::cerr);
    return 0;
  } catch (const CLI::ParseError& error) {
    if (world.rank() == 0) std::cerr << "tessera: " << error.what() << "; --help lists what is known\n";
    return kExitUsage;
  } catch (const ConfigError& error) {
    if (world.rank() == 0) std::cerr << "tessera: " << error.what() << "\n";
    return kExitUsage;
  }
}

int run_job(const Job& job, const World& world) {
  try {
    return job(world);
  } catch (const Error& error) {
    const std::string text = fmt::format("{}: {}", error_kind_name(error.kind()), error.what());
    const Agreement agreement = agree_on_failure(*world, text);
    if (agreement == Agreement::none) throw;
    if (world->rank() == 0 || agreement == Agreement::all_failed) {
      const std::string speaker = world->rank() == 0 ? "" : fmt::format("rank {}: ", world->rank());
      std::cerr << fmt::format("tessera: {}{}\n", speaker, text) << std::flush;
    }
    const bool usage = agreement == Agreement::all_alike && error.kind() == ErrorKind::config;
    return usage ? kExitUsage : kExitFailure;
  }
}

}  // namespace tessera::cli
