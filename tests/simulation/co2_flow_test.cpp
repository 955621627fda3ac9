#include "tessera/simulation/co2_flow.hpp"

#include <cmath>
#include <iterator>

#include "simulation/co2_support.hpp"
#include "support/mpi_fixture.hpp"
#include "tessera/core/error.hpp"
#include "tessera/io/eclipse_results.hpp"

namespace tessera {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing_support::message_of;
using testing_support::small_co2_flow;

/// Programs that take the place of flow.
class Co2FlowProgram : public testing_support::Co2FlowTest {
 protected:
  Co2FlowSettings with_program(const std::string& script) const {
    Co2FlowSettings settings = small_co2_flow();
    settings.program = write("my flow", "#!/bin/sh\n" + script);
    std::filesystem::permissions(settings.program, std::filesystem::perms::owner_all);
    return settings;
  }
  std::string error_of(const Co2FlowSettings& settings) const {
    return message_of<IoError>([&] { simulate_co2_flow(settings, 0, path("sample 0")); });
  }
  std::string log() const {
    std::ifstream stream(path("sample 0/flow.log"));
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }
};

TEST_F(Co2FlowProgram, AMissingOneIsExplained) {
  Co2FlowSettings settings = small_co2_flow();
  settings.program = "no-such-program";
  const auto all = AllOf(HasSubstr("no-such-program"), HasSubstr("libopm-simulators-bin"), HasSubstr("'program'"));
  EXPECT_THAT(message_of<ConfigError>([&] { require_flow_program(settings); }), all);
  EXPECT_THAT(message_of<ConfigError>([&] { simulate_co2_flow(settings, 0, path("sample 0")); }), all);
  EXPECT_FALSE(std::filesystem::exists(path("sample 0")));
}

TEST_F(Co2FlowProgram, ItsOwnErrorsAreHandedOn) {
  EXPECT_THAT(error_of(with_program("echo start; echo; echo 'Error: the deck is odd'; echo more; exit 3")),
              AllOf(HasSubstr("exit code 3"), HasSubstr("sample 0/flow.log:\n  Error: the deck is odd\n  more"),
                    Not(HasSubstr("start"))));
  EXPECT_THAT(error_of(with_program("echo last words; kill -KILL $$")),
              AllOf(HasSubstr("signal 9"), HasSubstr("\n  last words")));
  EXPECT_THAT(error_of(with_program("exit 1")), HasSubstr("(nothing)"));
}

TEST_F(Co2FlowProgram, ResultsOfAnEarlierRunAreNotTaken) {
  const Co2FlowSettings settings = with_program("exit 0");
  std::filesystem::create_directory(path("sample 0"));
  write("sample 0/CO2.EGRID", "old");
  EXPECT_THAT(error_of(settings), HasSubstr("sample 0/CO2.EGRID: cannot be opened"));
}

TEST_F(Co2FlowProgram, DoesNotJoinTheJobOfItsCaller) {
  // The tests themselves run under mpirun.
  error_of(with_program("env; printf '<%s>\\n' \"$@\"; exit 1"));
  EXPECT_THAT(log(), AllOf(Not(HasSubstr("OMPI_COMM")), Not(HasSubstr("PMIX_")), HasSubstr("OMP_NUM_THREADS=1\n")));
  EXPECT_THAT(log(), AllOf(HasSubstr("<--threads-per-process=1>"), HasSubstr("<--output-dir=" + path("sample 0") + ">"),
                           HasSubstr("<" + path("sample 0/CO2.DATA") + ">")));
}

TEST_F(Co2FlowProgram, BadCallsAreErrors) {
  Co2FlowSettings settings = with_program("exit 0");
  EXPECT_THROW(simulate_co2_flow(settings, -1, path("sample 0")), ArgumentError);
  write("file", "");
  EXPECT_THAT(message_of<IoError>([&] { simulate_co2_flow(settings, 0, path("file/sample")); }),
              HasSubstr("cannot be created"));
  settings.steps = 0;
  EXPECT_THROW(simulate_co2_flow(settings, 0, path("sample 0")), ConfigError);
}

/// Runs the simulator itself. The function is serial: more ranks would show nothing more.
class Co2Flow : public testing_support::Co2FlowTest {
 protected:
  void SetUp() override {
    if (testing_support::world()->size() > 1) GTEST_SKIP();
    try {
      require_flow_program({});
    } catch (const ConfigError&) {
      GTEST_SKIP() << "skipped: no flow program";
    }
  }
  Co2FlowSample simulate(const Co2FlowSettings& settings, Index sample = 0) const {
    return simulate_co2_flow(settings, sample, path("run"));
  }
  EclipseFile result(const std::string& ending) const { return EclipseFile(path("run/CO2." + ending)); }
  /// The last value of a quantity of the summary.
  double summary(const std::string& quantity) const {
    const EclipseFile names = result("SMSPEC"), values = result("UNSMRY");
    const auto keywords = names.strings(names.array("KEYWORDS"));
    const auto place = std::find(keywords.begin(), keywords.end(), quantity) - keywords.begin();
    const EclipseArray* last = nullptr;
    for (const EclipseArray& array : values.arrays()) {
      if (array.keyword == "PARAMS") last = &array;
    }
    return last == nullptr ? 0.0
                           : values.reals(*last, static_cast<Index>(keywords.size()))[static_cast<std::size_t>(place)];
  }
};

TEST_F(Co2Flow, HasTheShapesAndTheRangesPromised) {
  Co2FlowSettings settings = small_co2_flow();
  settings.porosity_input = settings.position_input = settings.pressure_output = true;
  const Co2FlowSample sample = simulate(settings);
  EXPECT_EQ(sample.input.shape(), (Shape{6, 8, 8, 4, 1}));
  EXPECT_EQ(sample.output.shape(), (Shape{2, 8, 8, 4, 3}));
  const Index cells = 256;
  double wells = 0.0;
  for (Index cell = 0; cell < cells; ++cell) {
    wells += sample.input[cell];
    EXPECT_THAT(sample.input[cell], AllOf(testing::Ge(0.0F), testing::Le(1.0F)));
    EXPECT_NEAR(sample.input[cells + cell], 2.0, 3.0);
    EXPECT_THAT(sample.input[2 * cells + cell], AllOf(testing::Ge(0.05F), testing::Le(0.4F)));
    for (Index t = 0; t < 3; ++t) {
      EXPECT_THAT(sample.output[cell * 3 + t], AllOf(testing::Ge(0.0F), testing::Le(1.0F)));
      EXPECT_THAT(sample.output[(cells + cell) * 3 + t], AllOf(testing::Ge(99.0F), testing::Le(201.0F)));
    }
  }
  const Index at = (1 * 8 + 6) * 4 + 3;  // the middle of cell 1, 6, 3
  EXPECT_EQ(sample.input[3 * cells + at], 0.1875F);
  EXPECT_EQ(sample.input[4 * cells + at], 0.8125F);
  EXPECT_EQ(sample.input[5 * cells + at], 0.875F);
  EXPECT_GT(wells, 2.0 * settings.wells.min_rate / settings.wells.max_rate - 1e-6);
  // The pressure grows downward, by some 1 bar over a layer of 10 m.
  EXPECT_NEAR(sample.output[(cells + 3) * 3] - sample.output[cells * 3], 3.0, 1.0);
}

TEST_F(Co2Flow, AxesAreThoseOfTheSimulator) {
  Co2FlowSettings settings = small_co2_flow();
  settings.grid = {7, 8, 4};
  const Co2FlowSample sample = simulate(settings);
  const EclipseFile init = result("INIT"), restart = result("UNRST");
  const auto permeability = init.reals(init.array("PERMX"), 224);
  const auto steps = read_eclipse_steps(restart);
  const auto gas = restart.reals(restart.array("SGAS", steps.back().first), 224);
  for (Index x = 0; x < 7; ++x) {
    for (Index y = 0; y < 8; ++y) {
      for (Index z = 0; z < 4; ++z) {
        const auto cell = static_cast<std::size_t>(x + 7 * (y + 8 * z));
        const Index place = (x * 8 + y) * 4 + z;
        EXPECT_NEAR(sample.input[224 + place], std::log10(permeability[cell]), 1e-5);
        EXPECT_NEAR(sample.output[place * 3 + 2], gas[cell], 1e-6);
        // Where a well is open in the lower half there is gas around it in the end.
        if (sample.input[place] > 0.0F) {
          EXPECT_GE(z, 2);
          EXPECT_GT(gas[cell], 0.1);
        }
      }
    }
  }
}

TEST_F(Co2Flow, KeepsTheMassAndItsGasGrows) {
  const Co2FlowSettings settings = small_co2_flow();
  const Co2FlowSample sample = simulate(settings, 3);
  const double injected = summary("FGIT"), in_place = summary("FGIP"), free_gas = summary("FGIPG");
  EXPECT_NEAR(in_place / injected, 1.0, 1e-4);
  EXPECT_LT(free_gas, in_place);
  EXPECT_GT(free_gas, 0.3 * in_place);
  // No well met its limit of pressure: what is injected is what the input says.
  double rate = 0.0;
  for (Index cell = 0; cell < 256; ++cell) rate += sample.input[cell] * settings.wells.max_rate / 2.0;
  EXPECT_NEAR(injected / (rate * 3.0 * 365.0), 1.0, 1e-4);

  const EclipseFile init = result("INIT");
  const auto volumes = init.reals(init.array("PORV"), 256);
  double before = 0.0;
  for (Index t = 0; t < 3; ++t) {
    double volume = 0.0;
    for (Index cell = 0; cell < 256; ++cell) {
      const Index x = cell / 32, y = cell / 4 % 8, z = cell % 4;
      volume += volumes[static_cast<std::size_t>(x + 8 * (y + 8 * z))] * sample.output[cell * 3 + t];
    }
    EXPECT_GT(volume, before);
    before = volume;
  }
}

TEST_F(Co2Flow, TheSampleNumberTellsAll) {
  const Co2FlowSettings settings = small_co2_flow();
  const Co2FlowSample first = simulate(settings, 1), again = simulate(settings, 1), other = simulate(settings, 2);
  EXPECT_TRUE(std::equal(first.input.begin(), first.input.end(), again.input.begin()));
  EXPECT_TRUE(std::equal(first.output.begin(), first.output.end(), again.output.begin()));
  EXPECT_FALSE(std::equal(first.input.begin(), first.input.end(), other.input.begin()));
}

TEST_F(Co2Flow, TheUsersGeometryIsTaken) {
  Co2FlowSettings settings = small_co2_flow();
  const Co2FlowSample box = simulate(settings);
  // Properties that the file has, too, give way to the sample's.
  settings.geometry_file =
      write("the grid.grdecl", testing_support::corner_point_box(settings, "PERMX\n 256*1 /\nPORO\n 256*0.1 /\n"));
  const Co2FlowSample same = simulate(settings);
  for (Index i = 0; i < box.output.size(); ++i) ASSERT_NEAR(box.output[i], same.output[i], 1e-3);

  settings.geometry_file =
      write("the grid.grdecl", testing_support::corner_point_box(settings, "ACTNUM\n 5*0 251*1 /\n"));
  settings.pressure_output = true;
  const Co2FlowSample masked = simulate(settings);
  EXPECT_EQ(masked.input[256 + 4 * 32], -4.0F);
  EXPECT_EQ(masked.output[(256 + 4 * 32) * 3], 0.0F);
  EXPECT_GT(masked.output[(256 + 5 * 32) * 3], 50.0F);
}

TEST_F(Co2Flow, AFailedSimulationIsAnErrorWithItsMessages) {
  Co2FlowSettings settings = small_co2_flow();
  settings.geometry_file = write("grid.grdecl", testing_support::corner_point_box(settings, "NOSUCHKEYWORD\n 5 /\n"));
  EXPECT_THAT(message_of<IoError>([&] { simulate(settings); }),
              AllOf(HasSubstr("exit code"), HasSubstr("NOSUCHKEYWORD"), HasSubstr("flow.log")));
}

}  // namespace
}  // namespace tessera
