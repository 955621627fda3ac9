#include <cmath>
#include <functional>
#include <set>
#include <utility>

#include "simulation/co2_deck.hpp"
#include "simulation/co2_support.hpp"
#include "tessera/core/error.hpp"

namespace tessera {
namespace {

using testing::AllOf;
using testing::Each;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using testing_support::message_of;
using testing_support::small_co2_flow;

class Co2Model : public testing_support::Co2FlowTest {};

TEST_F(Co2Model, EachBadSettingIsNamed) {
  EXPECT_NO_THROW(Co2FlowSettings{}.validate());
  using Change = std::function<void(Co2FlowSettings&)>;
  const std::vector<std::pair<const char*, Change>> cases{
      {"grid must have three", [](auto& s) { s.grid.pop_back(); }},
      {"extent of grid", [](auto& s) { s.grid[0] = 0; }},
      {"cell_size", [](auto& s) { s.cell_size[1] = -1.0; }},
      {"top_depth", [](auto& s) { s.top_depth = 0.0; }},
      {"pressure ", [](auto& s) { s.pressure = std::nan(""); }},
      {"temperature ", [](auto& s) { s.temperature = 300.0; }},
      {"temperature_gradient", [](auto& s) { s.temperature_gradient = -1.0; }},
      {"side_volume", [](auto& s) { s.side_volume = 0.5; }},
      {"steps", [](auto& s) { s.steps = 0; }},
      {"step_days", [](auto& s) { s.step_days = 0.0; }},
      {"threads", [](auto& s) { s.threads = 0; }},
      {"permeability", [](auto& s) { s.rock.permeability = 0.0; }},
      {"log10_deviation", [](auto& s) { s.rock.log10_deviation = -1.0; }},
      {"correlation_lengths", [](auto& s) { s.rock.correlation_lengths[2] = 0.0; }},
      {"hurst", [](auto& s) { s.rock.hurst = 0.0; }},
      {"vertical_ratio", [](auto& s) { s.rock.vertical_ratio = 0.0; }},
      {"min_porosity", [](auto& s) { s.rock.min_porosity = 0.3; }},
      {"max_porosity", [](auto& s) { s.rock.max_porosity = 1.0; }},
      {"compressibility", [](auto& s) { s.rock.compressibility = -1.0; }},
      {"salinity", [](auto& s) { s.fluid.salinity = 7.0; }},
      {"residual_brine", [](auto& s) { s.fluid.residual_brine = 1.0; }},
      {"gas_endpoint", [](auto& s) { s.fluid.gas_endpoint = 0.0; }},
      {"pore_size_index", [](auto& s) { s.fluid.pore_size_index = 0.0; }},
      {"entry_pressure", [](auto& s) { s.fluid.entry_pressure = -1.0; }},
      {"min_wells", [](auto& s) { s.wells.min_wells = 0; }},
      {"max_wells", [](auto& s) { s.wells.max_wells = 0; }},
      {"max_wells must be at most 16", [](auto& s) { s.wells.max_wells = 17; }},
      {"margin", [](auto& s) { s.wells.margin = 8; }},
      {"distance", [](auto& s) { s.wells.distance = 0; }},
      {"completed_layers", [](auto& s) { s.wells.completed_layers = 9; }},
      {"min_rate", [](auto& s) { s.wells.min_rate = 0.0; }},
      {"max_rate", [](auto& s) { s.wells.max_rate = 1.0; }},
      {"pressure_limit", [](auto& s) { s.wells.pressure_limit = 99.0; }},
      {"diameter", [](auto& s) { s.wells.diameter = 0.0; }}};
  for (const auto& [name, change] : cases) {
    Co2FlowSettings settings;
    change(settings);
    EXPECT_THAT(message_of<ConfigError>([&] { settings.validate(); }), HasSubstr(name));
  }
}

TEST_F(Co2Model, PorosityFollowsKozenyAndCarman) {
  const Co2RockSettings rock;
  const auto carman = [](double phi) { return std::pow(phi, 3) / std::pow(1.0 - phi, 2); };
  EXPECT_NEAR(kozeny_carman_porosity(rock, rock.permeability), rock.porosity, 1e-7);
  EXPECT_NEAR(kozeny_carman_porosity(rock, rock.permeability * carman(0.3) / carman(0.2)), 0.3, 1e-7);
  EXPECT_EQ(kozeny_carman_porosity(rock, 0.0), rock.min_porosity);
  EXPECT_EQ(kozeny_carman_porosity(rock, 1e9), rock.max_porosity);
}

TEST_F(Co2Model, DrawnRockIsLogNormalAndTheSampleNumberTellsAll) {
  Co2FlowSettings settings = small_co2_flow();
  settings.rock.correlation_lengths = {1.0, 1.0, 1.0};
  double sum = 0.0, squares = 0.0, count = 0.0;
  for (Index sample = 0; sample < 20; ++sample) {
    const Co2Rock rock = make_co2_rock(settings, sample);
    EXPECT_EQ(rock.permeability, make_co2_rock(settings, sample).permeability);
    EXPECT_NE(rock.permeability, make_co2_rock(settings, sample + 1).permeability);
    EXPECT_THAT(rock.porosity, Each(AllOf(Ge(settings.rock.min_porosity), Le(settings.rock.max_porosity))));
    EXPECT_DOUBLE_EQ(rock.vertical_permeability[5], settings.rock.vertical_ratio * rock.permeability[5]);
    for (const double k : rock.permeability) {
      sum += std::log10(k);
      squares += std::pow(std::log10(k), 2);
      count += 1.0;
    }
  }
  EXPECT_NEAR(sum / count, 2.0, 0.03);
  EXPECT_NEAR(std::sqrt(squares / count - std::pow(sum / count, 2)), 0.5, 0.03);
}

TEST_F(Co2Model, RockMayComeFromFiles) {
  Co2FlowSettings settings = small_co2_flow();
  settings.rock.property_file = write("rock.grdecl", "PERMX\n 128*10 128*1000 /\nPORO\n 255*0.3 0 /\n");
  const Co2Rock rock = make_co2_rock(settings, 5);
  EXPECT_EQ(rock.permeability[127], 10.0);
  EXPECT_EQ(rock.permeability[128], 1000.0);
  EXPECT_EQ(rock.vertical_permeability[128], 100.0);
  EXPECT_EQ(rock.porosity[0], 0.3);
  EXPECT_EQ(rock.active[254], 1);
  EXPECT_EQ(rock.active[255], 0);

  const auto error_of = [&](const std::string& text) {
    settings.rock.property_file = write("rock.grdecl", text);
    return message_of<IoError>([&] { make_co2_rock(settings, 0); });
  };
  EXPECT_THAT(error_of("PERMX\n 256*-1 /\n"), HasSubstr("rock.grdecl: PERMX: expected values from 0"));
  EXPECT_THAT(error_of("PERMX\n 255*1 /\n"), HasSubstr("expected 256 values, found 255"));
  EXPECT_THAT(error_of("PERMX\n 256*1 /\nPORO\n 256*1.5 /\n"), HasSubstr("PORO: expected values from 0"));
  EXPECT_THAT(error_of("PORO\n 256*0.2 /\n"), HasSubstr("expected keyword PERMX"));
  EXPECT_THAT(error_of("SPECGRID\n 4 8 8 1 F /\nPERMX\n 256*1 /\n"), HasSubstr("expected a grid of [8, 8, 4]"));
  settings.rock.property_file = path("missing.grdecl");
  EXPECT_THAT(message_of<IoError>([&] { make_co2_rock(settings, 0); }), HasSubstr("missing.grdecl: cannot be opened"));
}

TEST_F(Co2Model, GeometryMayComeFromAFile) {
  Co2FlowSettings settings = small_co2_flow();
  settings.geometry_file = write("grid.grdecl", testing_support::corner_point_box(settings, "ACTNUM\n 10*0 246*1 /\n"));
  const Co2Rock rock = make_co2_rock(settings, 0);
  EXPECT_EQ(rock.top, 1000.0);
  EXPECT_EQ(rock.bottom, 1040.0);
  EXPECT_EQ(rock.active[9], 0);
  EXPECT_EQ(rock.active[10], 1);
  settings.grid = {8, 8, 5};
  EXPECT_THAT(message_of<IoError>([&] { make_co2_rock(settings, 0); }), HasSubstr("expected a grid of [8, 8, 5]"));
}

TEST_F(Co2Model, WellsKeepTheirDistances) {
  Co2FlowSettings settings;
  const Co2Rock rock = make_co2_rock(settings, 0);
  std::set<std::size_t> counts;
  for (Index sample = 0; sample < 100; ++sample) {
    const auto wells = draw_co2_wells(settings, rock, sample);
    counts.insert(wells.size());
    for (std::size_t w = 0; w < wells.size(); ++w) {
      EXPECT_THAT(wells[w].x, AllOf(Ge(3), Le(12)));
      EXPECT_THAT(wells[w].y, AllOf(Ge(3), Le(12)));
      EXPECT_THAT(wells[w].rate, AllOf(Ge(settings.wells.min_rate), Le(settings.wells.max_rate)));
      EXPECT_EQ(wells[w].layers, (std::vector<Index>{4, 5, 6, 7}));
      for (std::size_t other = 0; other < w; ++other) {
        EXPECT_GE(std::max(std::abs(wells[w].x - wells[other].x), std::abs(wells[w].y - wells[other].y)), 3);
      }
    }
    EXPECT_EQ(draw_co2_wells(settings, rock, sample).front().rate, wells.front().rate);
  }
  EXPECT_EQ(counts, (std::set<std::size_t>{1, 2, 3, 4}));
  settings.wells.min_wells = settings.wells.max_wells = 30;
  EXPECT_THAT(message_of<ConfigError>([&] { draw_co2_wells(settings, rock, 0); }), HasSubstr("no room for 30 wells"));
}

TEST_F(Co2Model, WellsWithoutRoomAreFoundBeforeAnySimulation) {
  Co2FlowSettings settings;
  EXPECT_NO_THROW(require_co2_samples(settings, 100));
  // Sixteen have room in one arrangement alone, which chance does not find.
  settings.wells.max_wells = 16;
  EXPECT_NO_THROW(settings.validate());
  EXPECT_THAT(message_of<ConfigError>([&] { require_co2_samples(settings, 100); }), HasSubstr("found no room for 1"));
  settings = {};
  settings.geometry_file = "missing.grdecl";
  EXPECT_THAT(message_of<IoError>([&] { require_co2_samples(settings, 1); }), HasSubstr("missing.grdecl"));
}

TEST_F(Co2Model, WellsOpenInActiveCellsAlone) {
  Co2FlowSettings settings = small_co2_flow();
  settings.wells.min_wells = settings.wells.max_wells = 1;
  Co2Rock rock = make_co2_rock(settings, 0);
  // One column is left, without its lowest cell.
  std::fill(rock.active.begin(), rock.active.end(), char{0});
  rock.active[static_cast<std::size_t>((2 * 8 + 3) * 8 + 5)] = 1;
  const auto wells = draw_co2_wells(settings, rock, 0);
  ASSERT_EQ(wells.size(), 1U);
  EXPECT_EQ(wells[0].x, 5);
  EXPECT_EQ(wells[0].y, 3);
  EXPECT_EQ(wells[0].layers, std::vector<Index>{2});
  rock.active.assign(rock.active.size(), 0);
  EXPECT_THROW(draw_co2_wells(settings, rock, 0), ConfigError);
}

TEST_F(Co2Model, TheDeckSaysWhatTheSettingsSay) {
  Co2FlowSettings settings = small_co2_flow();
  const Co2Rock rock = make_co2_rock(settings, 0);
  const std::vector<Co2Well> wells{{2, 4, 150000.0, {2, 3}}, {5, 3, 200000.0, {3}}};
  const std::string deck = co2_deck(settings, rock, wells);
  for (const char* part :
       {"DIMENS\n 8 8 4 /", "OIL\nGAS\nDISGAS\nCO2STORE\nMETRIC", "WELLDIMS\n 2 4 1 2 /", "DZ\n 256*10 /",
        "TOPS\n 64*1000 /", "MULTPV 1000 8 8 1 8 1 4 /", "EQUIL\n 1000 100 1240 0 800 0 1 1 0 /",
        "RTEMPVD\n 800 34\n 1240 47.2 /", "SALINITY\n 0.7 /", "'I2' 'G' 6 4 1* 'GAS' /",
        "'I1' 3 5 4 4 'OPEN' 1* 1* 0.2 /", "'I1' 'GAS' 'OPEN' 'RATE' 150000 1* 200 /", "TSTEP\n 3*365 /"}) {
    EXPECT_THAT(deck, HasSubstr(part));
  }
  settings.side_volume = 1.0;
  settings.geometry_file = "elsewhere.grdecl";
  const std::string other = co2_deck(settings, rock, wells);
  EXPECT_THAT(other, HasSubstr("INCLUDE\n 'GEOMETRY.GRDECL' /"));
  EXPECT_THAT(other, Not(HasSubstr("MULTPV")));
  EXPECT_THAT(other, Not(HasSubstr("TOPS")));
}

}  // namespace

std::string testing_support::corner_point_box(const Co2FlowSettings& settings, const std::string& mask) {
  const Shape& grid = settings.grid;
  const auto& size = settings.cell_size;
  const double bottom = settings.top_depth + static_cast<double>(grid[2]) * size[2];
  std::string text = "SPECGRID\n " + std::to_string(grid[0]) + " " + std::to_string(grid[1]) + " " +
                     std::to_string(grid[2]) + " 1 F /\nCOORD\n";
  for (Index j = 0; j <= grid[1]; ++j) {
    for (Index i = 0; i <= grid[0]; ++i) {
      const std::string place = " " + std::to_string(static_cast<double>(i) * size[0]) + " " +
                                std::to_string(static_cast<double>(j) * size[1]) + " ";
      text += place + std::to_string(settings.top_depth) + place + std::to_string(bottom) + "\n";
    }
  }
  text += "/\nZCORN\n";
  const std::string layer = " " + std::to_string(4 * grid[0] * grid[1]) + "*";
  for (Index k = 0; k < grid[2]; ++k) {
    for (const Index side : {k, k + 1}) {
      text += layer + std::to_string(settings.top_depth + static_cast<double>(side) * size[2]) + "\n";
    }
  }
  return text + "/\n" + mask;
}

}  // namespace tessera
