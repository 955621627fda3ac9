#pragma once

/// \file
/// The loss curves of a training run.

#include <string>

#include "tessera/io/figure.hpp"

namespace tessera::cli {

/// Draws every column of a history.csv whose name tells of a loss or a relative error, over the column `epoch`, on a
/// logarithmic axis; epochs without a value are passed over. Local.
/// Throws IoError naming file and line when the file cannot be read or is not such a table.
Canvas history_figure(const std::string& path);

}  // namespace tessera::cli
