#pragma once

/// \file
/// What the tests of the CO2 flow share.

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tessera/simulation/co2_flow.hpp"

namespace tessera::testing_support {

/// A folder of this rank, whose name contains spaces.
class Co2FlowTest : public testing::Test {
 protected:
  Co2FlowTest() {
    std::string name = (std::filesystem::temp_directory_path() / "tessera co2 XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~Co2FlowTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    return path(name);
  }

  std::filesystem::path folder_;
};

inline Co2FlowSettings small_co2_flow() {
  Co2FlowSettings settings;
  settings.grid = {8, 8, 4};
  settings.steps = 3;
  settings.wells.max_wells = 2;
  settings.wells.margin = 2;
  settings.seed = 11;
  return settings;
}

/// The message of the error of that kind that `body` throws.
template <class ErrorType, class Body>
std::string message_of(const Body& body) {
  try {
    body();
  } catch (const ErrorType& error) {
    return error.what();
  }
  return "no error";
}

/// A box as corner-point geometry: COORD and ZCORN, and the mask if there is one.
std::string corner_point_box(const Co2FlowSettings& settings, const std::string& mask = {});

}  // namespace tessera::testing_support
