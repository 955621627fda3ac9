#pragma once

#include <vector>

#include "tessera/simulation/co2_settings.hpp"

namespace tessera {

/// The reservoir of a sample, cell by cell in Eclipse's order (x fastest, z downward).
struct Co2Rock {
  std::vector<double> permeability;           ///< horizontal, mD
  std::vector<double> vertical_permeability;  ///< mD
  std::vector<double> porosity;
  std::vector<char> active;
  double top, bottom;  ///< depths, m
};

/// Draws the rock of a sample, or reads it. Throws IoError when a file is missing, damaged or does not fit the grid.
Co2Rock make_co2_rock(const Co2FlowSettings& settings, Index sample);

/// The porosity that the relation of Kozeny and Carman gives for a permeability: see Co2RockSettings.
double kozeny_carman_porosity(const Co2RockSettings& rock, double permeability);

}  // namespace tessera
