#include "simulation/co2_deck.hpp"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <utility>

namespace tessera {

namespace {

/// Depth by which tables and contacts of the phases lie outside the reservoir, m.
constexpr double kOutside = 200.0;
/// Of the table of relative permeability.
constexpr int kTableRows = 41;

/// Collects the text of a deck.
class Deck {
 public:
  __attribute__((format(printf, 2, 3))) void add(const char* format, ...) {
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    text_ += line;
  }
  void array(const char* keyword, const std::vector<double>& values) {
    constexpr std::size_t kPerLine = 8;
    text_ += keyword;
    for (std::size_t i = 0; i < values.size(); ++i) add(i % kPerLine == 0 ? "\n%.7g" : " %.7g", values[i]);
    text_ += " /\n";
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void add_runspec(Deck& deck, const Co2FlowSettings& settings, std::size_t wells) {
  const auto& grid = settings.grid;
  deck.add("RUNSPEC\nDIMENS\n %ld %ld %ld /\n", grid[0], grid[1], grid[2]);
  deck.add("OIL\nGAS\nDISGAS\nCO2STORE\nMETRIC\nSTART\n 1 'JAN' 2000 /\nEQLDIMS\n/\nUNIFOUT\n");
  // flow writes its tables into arrays of this size, and past their end if there are more rows.
  deck.add("TABDIMS\n 1 1 %d %d /\n", kTableRows, kTableRows);
  deck.add("WELLDIMS\n %zu %ld 1 %zu /\n", wells, grid[2], wells);
}

void add_box(Deck& deck, const Co2FlowSettings& settings) {
  const char* keywords[] = {"DX", "DY", "DZ"};
  const Index cells = volume(settings.grid);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    deck.add("%s\n %ld*%.9g /\n", keywords[axis], cells, settings.cell_size[axis]);
  }
  deck.add("TOPS\n %ld*%.9g /\n", settings.grid[0] * settings.grid[1], settings.top_depth);
}

void add_grid(Deck& deck, const Co2FlowSettings& settings, const Co2Rock& rock) {
  deck.add("GRID\nINIT\n");
  if (settings.geometry_file.empty()) {
    add_box(deck, settings);
  } else {
    deck.add("INCLUDE\n '%s' /\n", kGeometryInclude);
  }
  deck.array("PERMX", rock.permeability);
  deck.add("COPY\n PERMX PERMY /\n/\n");
  deck.array("PERMZ", rock.vertical_permeability);
  deck.array("PORO", rock.porosity);
  if (settings.side_volume == 1.0) return;
  const Index x = settings.grid[0], y = settings.grid[1], z = settings.grid[2];
  const Index sides[][4] = {{1, 1, 1, y}, {x, x, 1, y}, {1, x, 1, 1}, {1, x, y, y}};
  deck.add("EQUALS\n");
  for (const auto& side : sides) {
    deck.add(" MULTPV %.9g %ld %ld %ld %ld 1 %ld /\n", settings.side_volume, side[0], side[1], side[2], side[3], z);
  }
  deck.add("/\n");
}

/// Lines "S_gas k_gas k_brine p_c".
void add_saturation_functions(Deck& deck, const Co2FluidSettings& fluid) {
  constexpr double kLeastSaturation = 0.01;
  const double m = fluid.pore_size_index;
  deck.add("SGOF\n");
  for (int row = 0; row < kTableRows; ++row) {
    const double s = 1.0 - static_cast<double>(row) / (kTableRows - 1);
    const double gas = fluid.gas_endpoint * std::pow(1.0 - s, 2) * (1.0 - std::pow(s, (2.0 + m) / m));
    const double brine = std::pow(s, (2.0 + 3.0 * m) / m);
    const double pressure = fluid.entry_pressure * std::pow(std::max(s, kLeastSaturation), -1.0 / m);
    deck.add(" %.9f %.9f %.9f %.9f\n", (1.0 - s) * (1.0 - fluid.residual_brine), gas, brine, pressure);
  }
  deck.add("/\n");
}

void add_fluids_and_start(Deck& deck, const Co2FlowSettings& settings, const Co2Rock& rock) {
  deck.add("PROPS\n");
  add_saturation_functions(deck, settings.fluid);
  deck.add("SALINITY\n %.9g /\n", settings.fluid.salinity);
  deck.add("ROCK\n %.9g %.9g /\n", settings.pressure, settings.rock.compressibility);
  const double top = std::min(rock.top, settings.top_depth) - kOutside, bottom = rock.bottom + kOutside;
  // Brine alone between the contacts, which lie outside the reservoir.
  deck.add("SOLUTION\nEQUIL\n %.9g %.9g %.9g 0 %.9g 0 1 1 0 /\n", settings.top_depth, settings.pressure, bottom, top);
  deck.add("RSVD\n %.9g 0\n %.9g 0 /\n", top, bottom);
  const auto temperature = [&](double depth) {
    return settings.temperature + settings.temperature_gradient * (depth - settings.top_depth);
  };
  deck.add("RTEMPVD\n %.9g %.9g\n %.9g %.9g /\n", top, temperature(top), bottom, temperature(bottom));
  deck.add("RPTRST\n BASIC=2 /\n");
}

void add_schedule(Deck& deck, const Co2FlowSettings& settings, const std::vector<Co2Well>& wells) {
  // Injected gas, gas in place (free and dissolved), and what of it is free.
  deck.add("SUMMARY\nFGIT\nFGIP\nFGIPG\nSCHEDULE\nRPTRST\n BASIC=2 /\nWELSPECS\n");
  for (std::size_t w = 0; w < wells.size(); ++w) {
    deck.add(" 'I%zu' 'G' %ld %ld 1* 'GAS' /\n", w + 1, wells[w].x + 1, wells[w].y + 1);
  }
  deck.add("/\nCOMPDAT\n");
  for (std::size_t w = 0; w < wells.size(); ++w) {
    for (const Index layer : wells[w].layers) {
      deck.add(" 'I%zu' %ld %ld %ld %ld 'OPEN' 1* 1* %.9g /\n", w + 1, wells[w].x + 1, wells[w].y + 1, layer + 1,
               layer + 1, settings.wells.diameter);
    }
  }
  deck.add("/\nWCONINJE\n");
  for (std::size_t w = 0; w < wells.size(); ++w) {
    deck.add(" 'I%zu' 'GAS' 'OPEN' 'RATE' %.9g 1* %.9g /\n", w + 1, wells[w].rate, settings.wells.pressure_limit);
  }
  deck.add("/\nTSTEP\n %ld*%.9g /\nEND\n", settings.steps, settings.step_days);
}

}  // namespace

std::string co2_deck(const Co2FlowSettings& settings, const Co2Rock& rock, const std::vector<Co2Well>& wells) {
  Deck deck;
  add_runspec(deck, settings, wells.size());
  add_grid(deck, settings, rock);
  add_fluids_and_start(deck, settings, rock);
  add_schedule(deck, settings, wells);
  return deck.take();
}

}  // namespace tessera
