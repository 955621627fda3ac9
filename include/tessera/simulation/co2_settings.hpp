#pragma once

/// \file
/// What defines the injection of CO2 into a brine-filled reservoir. Units are those of Eclipse's METRIC system: metre,
/// day, bar, milli-darcy, and for gas the cubic metre at the surface (sm3, 15 C and 1.01325 bar: 1.87 kg of CO2).

#include <array>
#include <cstdint>
#include <string>

#include "tessera/core/shape.hpp"
#include "tessera/simulation/random_field.hpp"

namespace tessera {

/// Permeability and porosity, cell by cell.
///
/// Drawn: log10 k = log10(permeability) + log10_deviation * (RandomField), k_x = k_y = k, k_z = vertical_ratio k. The
/// porosity phi solves the relation of Kozeny and Carman (Carman, "Fluid flow through granular beds", Trans. Inst.
/// Chem. Eng. 15, 1937), k = c phi^3 / (1 - phi)^2, with c such that `porosity` belongs to `permeability`, and is then
/// cut to [min_porosity, max_porosity].
///
/// From a file: PERMX of `property_file` (all samples then have the same rock), PORO and PERMZ where it has them, else
/// as above.
struct Co2RockSettings {
  double permeability = 100.0;  ///< geometric mean, mD
  double log10_deviation = 0.5;
  std::array<double, 3> correlation_lengths{400.0, 400.0, 20.0};  ///< along x, y, z, m
  Covariance covariance = Covariance::exponential;
  double hurst = 0.3;           ///< of von_karman
  double vertical_ratio = 0.1;  ///< k_z / k_x
  double porosity = 0.2;        ///< where k is `permeability`
  double min_porosity = 0.05, max_porosity = 0.4;
  double compressibility = 4.5e-5;  ///< of the pores, 1/bar
  std::string property_file;        ///< GRDECL with PERMX; empty: drawn
};

/// Brine and CO2. Densities, viscosities and solubility come from the simulator (its option CO2STORE).
///
/// Relative permeability and capillary pressure (Brooks and Corey, "Hydraulic properties of porous media", Colorado
/// State University, 1964), with the effective saturation s = (1 - S_gas - residual_brine) / (1 - residual_brine):
///   k_brine = s^((2 + 3 m) / m),   k_gas = gas_endpoint (1 - s)^2 (1 - s^((2 + m) / m)),   p_c = entry_pressure
///   s^(-1/m),
/// with m = pore_size_index, no hysteresis. The capillary pressure is kept constant where s < 0.01.
struct Co2FluidSettings {
  double salinity = 0.7;  ///< of the brine, mol of NaCl per kg of water; sea water has 0.6
  double residual_brine = 0.2;
  double gas_endpoint = 1.0;
  double pore_size_index = 2.0;
  double entry_pressure = 0.02;  ///< bar
};

/// Vertical wells that inject at a constant rate from the start to the end, the places, the number and the rates drawn
/// uniformly. A well that would exceed the limit of pressure is held at it and injects less.
struct Co2WellSettings {
  Index min_wells = 1, max_wells = 4;
  Index margin = 3;                       ///< cells between a well and the sides of the grid, at least
  Index distance = 3;                     ///< cells from one well to another along x or along y, at least
  Index completed_layers = 0;             ///< open to the reservoir, counted from the bottom; 0: the lower half
  double min_rate = 1e5, max_rate = 3e5;  ///< of one well, sm3/day
  double pressure_limit = 200.0;          ///< at the bottom of the hole, bar
  double diameter = 0.2;                  ///< m
};

/// One data set of samples. z is the depth and points downward, as the index k of Eclipse does: layer 0 is the top.
struct Co2FlowSettings {
  Shape grid{16, 16, 8};                                ///< cells along x, y, z
  std::array<double, 3> cell_size{100.0, 100.0, 10.0};  ///< m
  double top_depth = 1000.0;                            ///< of the reservoir, m
  /// GRDECL file with SPECGRID, COORD, ZCORN and, if need be, ACTNUM, which is then included in the deck instead of the
  /// box that cell_size and top_depth define. Its extents must be `grid`.
  std::string geometry_file;
  double pressure = 100.0;             ///< at top_depth, before injection, bar
  double temperature = 40.0;           ///< at top_depth, C
  double temperature_gradient = 0.03;  ///< K/m, downward
  /// Factor of the pore volume of the cells along the four sides: open to an aquifer when large, closed when 1.
  double side_volume = 1000.0;
  Index steps = 10;          ///< report steps: extent of the time axis
  double step_days = 365.0;  ///< from one to the next
  Co2RockSettings rock;
  Co2FluidSettings fluid;
  Co2WellSettings wells;
  bool porosity_input = false;  ///< a further input channel
  /// Three further input channels: the cell's place along x, y, z. Layers that look the same everywhere, as those of an
  /// FNO do, cannot otherwise tell where the reservoir ends.
  bool position_input = false;
  bool pressure_output = false;  ///< a second output channel
  std::uint64_t seed = 0;
  std::string program = "flow";  ///< of OPM: a name in PATH, or a path
  int threads = 1;               ///< of the simulator

  /// Layers open to the wells.
  Index completed_layers() const;
  Index input_channels() const { return 2 + (porosity_input ? 1 : 0) + (position_input ? 3 : 0); }
  /// Throws ConfigError naming the setting. Files are not read.
  void validate() const;
};

}  // namespace tessera
