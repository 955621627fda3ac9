#pragma once

/// \file
/// What the result files of a reservoir simulation mean: active cells and report steps.

#include <string>
#include <vector>

#include "tessera/io/eclipse_file.hpp"

namespace tessera {

/// The grid of an EGRID file. Cells are numbered i + nx (j + ny k): i fastest, k downward. Arrays of the result files
/// hold the active cells alone, in ascending number.
struct EclipseGrid {
  Shape extents;              ///< nx, ny, nz
  std::vector<Index> active;  ///< numbers of the active cells, ascending

  /// Values of the active cells spread over all cells, `inactive` elsewhere. Throws ShapeError for a wrong count.
  std::vector<double> on_all_cells(const std::vector<double>& values, double inactive) const;
};

/// Reads GRIDHEAD and ACTNUM (where there is none, all cells are active). Throws IoError.
EclipseGrid read_eclipse_grid(const EclipseFile& file);

/// One report step of a unified restart file.
struct EclipseStep {
  Index report;             ///< number of the report step; 0 is the initial state
  double days;              ///< since the start of the simulation
  std::size_t first, last;  ///< its arrays: positions first .. last - 1 of EclipseFile::arrays()
};

/// The report steps of a restart file in its order, each from a SEQNUM to the next. Throws IoError where SEQNUM or
/// DOUBHEAD is missing or damaged, or times do not increase.
std::vector<EclipseStep> read_eclipse_steps(const EclipseFile& file);

}  // namespace tessera
