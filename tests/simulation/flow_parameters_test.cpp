#include "tessera/simulation/flow_parameters.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "tessera/core/error.hpp"

namespace tessera {
namespace {

TEST(FlowParameters, DefaultsAreValid) {
  EXPECT_NO_THROW(FlowParameters{}.validate());
  const auto spacing = FlowParameters{}.spacing();
  EXPECT_DOUBLE_EQ(spacing[0], 0.2);
  EXPECT_DOUBLE_EQ(spacing[1], 0.2);
  EXPECT_DOUBLE_EQ(FlowParameters{}.fringe_start(), 3.84);
}

TEST(FlowParameters, EachBadValueIsNamed) {
  using Change = std::function<void(FlowParameters&)>;
  const std::vector<std::pair<const char*, Change>> cases{
      {"grid must have three",
       [](auto& p) {
         p.grid = {8, 8};
       }},
      {"grid of axis 1", [](auto& p) { p.grid[1] = 3; }},
      {"length of axis 2", [](auto& p) { p.lengths[2] = 0.0; }},
      {"viscosity", [](auto& p) { p.viscosity = -1.0; }},
      {"inflow", [](auto& p) { p.inflow = std::nan(""); }},
      {"penalisation", [](auto& p) { p.penalisation = 0.0; }},
      {"surface_width", [](auto& p) { p.surface_width = -0.5; }},
      {"fringe_fraction", [](auto& p) { p.fringe_fraction = 1.0; }},
      {"fringe_strength", [](auto& p) { p.fringe_strength = std::nan(""); }},
      {"cfl", [](auto& p) { p.cfl = 1.0; }}};
  for (const auto& [name, change] : cases) {
    FlowParameters parameters;
    change(parameters);
    try {
      parameters.validate();
      ADD_FAILURE() << name << " was accepted";
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace tessera
