#pragma once

/// \file
/// Injection of CO2 into a saline aquifer, simulated with OPM flow (https://opm-project.org), which runs as a program
/// of its own.

#include <string>

#include "tessera/simulation/co2_settings.hpp"
#include "tessera/tensor/tensor.hpp"

namespace tessera {

/// Input and output of one sample; cells that are not active hold 0 in wells, porosity and output.
struct Co2FlowSample {
  /// [channels, x, y, z, 1]. Channel 0: the wells, (q / n) / (max_rate / completed_layers) in each of the n cells where
  /// a well with the rate q is open, 0 elsewhere: at most 1 where all completed layers are active. Channel 1: log10 of
  /// the horizontal permeability in mD, at least -4 (a cell that does not conduct). Then, if asked for: the porosity;
  /// the places along x, y, z of the middle of a cell, (i + 1/2) / n for cell i of n, in all cells.
  Tensor<float> input;
  /// [channels, x, y, z, t], state after (t + 1) step_days. Channel 0: saturation of the gas (CO2 that is not
  /// dissolved), in [0, 1]. Channel 1 if asked for: pressure, bar.
  Tensor<float> output;
};

/// Simulates one sample. It depends on the settings and the sample's number alone (and, by rounding, on `threads`).
/// Serial: needs no MPI, and hands none of an MPI job's environment to the simulator, which dies with the calling
/// thread. One call at a time in a process (FFTW's planner is shared).
///
/// `folder` is created if need be and receives the deck CO2.DATA, the simulator's result files CO2.*, and its log,
/// flow.log; what an earlier run left under these names is removed first. The caller keeps or removes it.
///
/// Throws ConfigError for bad settings, when the wells find no room, or when the program is not installed;
/// ArgumentError when `sample` is negative; IoError when files are missing, damaged or do not fit the grid, or the
/// simulation failed: the message then holds the simulator's own errors and the path of its log.
Co2FlowSample simulate_co2_flow(const Co2FlowSettings& settings, Index sample, const std::string& folder);

/// Throws ConfigError, saying how to install it, unless the program of the settings can be executed.
void require_flow_program(const Co2FlowSettings& settings);

/// To be called before many samples are simulated: reads the files of the settings and draws the wells of samples 0 to
/// `samples` - 1. Throws as simulate_co2_flow does for bad settings, files, and wells that find no room.
void require_co2_samples(const Co2FlowSettings& settings, Index samples);

}  // namespace tessera
