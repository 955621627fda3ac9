#pragma once

/// \file
/// Pictures of a predictions file: arrays `truth` and `prediction` [sample, channel, grid...]; attributes axis_names,
/// grid_spacing, grid_origin and axis_units of the grid axes, as in a data set (all optional).

#include <string>

#include "tessera/io/figure.hpp"
#include "tessera/io/hdf5_file.hpp"

namespace tessera::cli {

/// Which part of the fields to draw.
struct SliceChoice {
  Index sample = 0;
  Index channel = 0;
  std::string axis;      ///< space axis to cut across, by name or number; empty: the last where there are three
  Index index = -1;      ///< where to cut it; -1: in the middle
  Shape times;           ///< time steps, one row each; empty: up to four, evenly spaced
  std::string quantity;  ///< what the colours mean
  Interpolation interpolation = Interpolation::bilinear;
};

/// Truth, prediction and error side by side: planes of two space axes, a row per time step; with one space axis, the
/// plane of space and time; with space or time alone, two curves. The last grid axis is time where it is called t or
/// time, where the axes have no names, and where there are four. An axis called depth is drawn downward.
/// Not collective over more than the file's communicator. Throws IoError for a file of another layout, ConfigError for
/// a choice it does not hold.
Canvas prediction_figure(const Hdf5File& file, const SliceChoice& choice);

}  // namespace tessera::cli
