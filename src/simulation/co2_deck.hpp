#pragma once

#include <string>
#include <vector>

#include "simulation/co2_wells.hpp"

namespace tessera {

/// Name under which the deck includes the user's geometry, in the deck's folder.
constexpr const char* kGeometryInclude = "GEOMETRY.GRDECL";

/// The input of OPM flow for a sample: brine as the phase OIL, CO2 as GAS, which dissolves (DISGAS CO2STORE).
std::string co2_deck(const Co2FlowSettings& settings, const Co2Rock& rock, const std::vector<Co2Well>& wells);

}  // namespace tessera
