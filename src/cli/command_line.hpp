#pragma once

/// \file
/// From the command line to an exit code, with one message for all ranks.

#include <optional>

#include "commands.hpp"

namespace tessera::cli {

inline constexpr int kExitFailure = 1;  ///< the command failed
inline constexpr int kExitUsage = 2;    ///< the command line or the configuration cannot be understood

/// Parses the command line; rank 0 prints help or what is wrong with it. The program's exit code when it ends here.
/// An unknown command or option is refused with the nearest known one. Not collective, but the same on all ranks.
std::optional<int> parse_command_line(CLI::App& program, int argc, char** argv, const Communicator& world);

/// Runs the job. An error that every rank meets is printed once and ends the program quietly: kExitUsage for a
/// ConfigError, kExitFailure for others. An error that only some ranks meet is thrown on, for run_program to end the
/// others. Collective.
int run_job(const Job& job, const World& world);

}  // namespace tessera::cli
