#pragma once

/// \file
/// Small files that a single process reads and writes whole.

#include <optional>
#include <string>
#include <string_view>

namespace tessera {

/// The contents; nothing when there is no such file. IoError naming the file when it cannot be read.
std::optional<std::string> read_file(const std::string& path);
/// Writes a temporary beside it and renames it: at any moment, and after the end of the process at any moment, there is
/// the old contents or the new, never a mixture. Several processes may write it; the last one wins. IoError naming it.
void write_file(const std::string& path, std::string_view contents);
/// Adds to the end, whole even where several processes do so at once. IoError naming it.
void append_to_file(const std::string& path, std::string_view contents);
/// The folder and those it is in. IoError naming it.
void create_folders(const std::string& path);

}  // namespace tessera
