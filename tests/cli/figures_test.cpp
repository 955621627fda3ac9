#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "history_figure.hpp"
#include "io/picture_checks.hpp"
#include "prediction_figure.hpp"
#include "support/mpi_fixture.hpp"
#include "tessera/core/error.hpp"

namespace tessera::cli {
namespace {

using testing::HasSubstr;
using testing_support::world;

/// A file name of this rank's own, unlike any other of the program's, removed at the end.
class OwnPath {
 public:
  explicit OwnPath(const std::string& ending) {
    static int count = 0;
    path_ = "figures_test_" + std::to_string(world()->size()) + "_" + std::to_string(world()->rank()) + "_" +
            std::to_string(++count) + ending;
  }
  ~OwnPath() { std::filesystem::remove(path_); }
  const std::string& str() const { return path_; }

 private:
  std::string path_;
};

/// Predictions of two samples and one channel, wrong by 1 everywhere; the truth is its global index.
class Predictions {
 public:
  explicit Predictions(const Shape& grid, const std::vector<std::string>& names = {},
                       const std::vector<std::string>& units = {})
      : path_(".h5") {
    const auto self = std::make_shared<const Communicator>(Communicator::self());
    Shape shape{2, 1};
    shape.insert(shape.end(), grid.begin(), grid.end());
    const Partition partition(self, Shape(shape.size(), 1));
    DistTensor<float> truth({shape, partition}), prediction({shape, partition});
    for (Index i = 0; i < truth.local_size(); ++i) {
      truth.data()[i] = static_cast<float>(i);
      prediction.data()[i] = static_cast<float>(i + 1);
    }
    Hdf5File file = Hdf5File::create(path_.str(), self);
    file.create_dataset<float>("truth", shape);
    file.create_dataset<float>("prediction", shape);
    if (!names.empty()) {
      file.write_attribute("axis_names", names);
      file.write_attribute("grid_spacing", std::vector<double>(names.size(), 0.25));
    }
    if (!units.empty()) {
      file.write_attribute("axis_units", units);
      file.write_attribute("grid_origin", std::vector<double>(units.size(), 100.0));
    }
    file.write_tile("truth", truth);
    file.write_tile("prediction", prediction);
    file.close();
    file_.emplace(Hdf5File::open(path_.str(), self));
  }

  const Hdf5File& file() const { return *file_; }

 private:
  OwnPath path_;
  std::optional<Hdf5File> file_;
};

template <class Body>
std::string error_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

bool same_picture(const Canvas& a, const Canvas& b) {
  if (a.width() != b.width() || a.height() != b.height()) return false;
  for (Index y = 0; y < a.height(); ++y) {
    for (Index x = 0; x < a.width(); ++x) {
      if (!(a.pixel(x, y) == b.pixel(x, y))) return false;
    }
  }
  return true;
}

TEST(PredictionFigure, DrawsARowPerTimeStep) {
  const Predictions flow({6, 5, 4, 7}, {"x", "y", "z", "t"});
  const Canvas standard = prediction_figure(flow.file(), {});
  EXPECT_LT(prediction_figure(flow.file(), {.times = {6}}).height(), standard.height() / 2);
  EXPECT_TRUE(same_picture(standard, prediction_figure(flow.file(), {.axis = "z", .index = 2, .times = {0, 2, 4, 6}})));
  EXPECT_TRUE(same_picture(standard, prediction_figure(flow.file(), {.axis = "2"})));
  EXPECT_FALSE(same_picture(standard, prediction_figure(flow.file(), {.index = 0})));
  EXPECT_FALSE(same_picture(standard, prediction_figure(flow.file(), {.sample = 1})));
  EXPECT_FALSE(same_picture(standard, prediction_figure(flow.file(), {.axis = "x"})));
  EXPECT_FALSE(same_picture(standard, prediction_figure(flow.file(), {.interpolation = Interpolation::nearest})));
}

TEST(PredictionFigure, DrawsDepthDownward) {
  const auto least_value = [](const char* name) {
    const Predictions flow({3, 2, 6, 2}, {"x", "y", name, "t"});
    const Canvas figure = prediction_figure(flow.file(), {.axis = "y", .index = 0, .times = {0}});
    return testing_support::extent_of(figure, Colormap::viridis().color(0));
  };
  // Layer 0 holds it.
  const Index upward = least_value("z").top, downward = least_value("depth").top;
  EXPECT_GT(upward, downward + 160) << "panels are 320 pixels high";
}

TEST(PredictionFigure, TellsUnitsAndPlaces) {
  const Shape grid{6, 5, 4, 3};
  const std::vector<std::string> names{"x", "y", "z", "t"};
  const Canvas bare = prediction_figure(Predictions(grid, names).file(), {});
  const Canvas metres = prediction_figure(Predictions(grid, names, {"m", "m", "m", "days"}).file(), {});
  EXPECT_GT(metres.width(), bare.width()) << "labels of the rows hold a unit";
  const Predictions line({6}, {"x"}, {"m"});
  EXPECT_FALSE(same_picture(prediction_figure(line.file(), {}), prediction_figure(Predictions({6}, {"x"}).file(), {})));
}

TEST(PredictionFigure, DrawsEveryGridRank) {
  const std::vector<Shape> grids = {{9}, {8, 5}, {6, 5, 3}, {5, 4, 3, 2}};
  for (const Shape& grid : grids) {
    const Predictions unnamed(grid);
    EXPECT_GT(prediction_figure(unnamed.file(), {}).height(), 0) << to_string(grid);
  }
  const Predictions steady({6, 5, 4}, {"x", "y", "z"});
  const Predictions unsteady({6, 5, 4}, {"x", "y", "t"});
  EXPECT_LT(prediction_figure(steady.file(), {}).height(), prediction_figure(unsteady.file(), {}).height());
  EXPECT_GT(prediction_figure(Predictions({6, 5}, {"x", "y"}).file(), {.axis = "y"}).height(), 0);
  EXPECT_GT(prediction_figure(Predictions({6}, {"x"}).file(), {}).height(), 0);
}

TEST(PredictionFigure, RefusesChoicesTheFileDoesNotHold) {
  const Predictions flow({6, 5, 4, 7}, {"x", "y", "z", "t"});
  const auto message = [&](const SliceChoice& choice) {
    return error_of([&] { prediction_figure(flow.file(), choice); });
  };
  EXPECT_EQ(message({.sample = 2}), "--sample: expected a sample from 0 to 1, found 2");
  EXPECT_EQ(message({.channel = 1}), "--channel: expected a channel from 0 to 0, found 1");
  EXPECT_EQ(message({.index = 4}), "--index: expected a cell from 0 to 3, found 4");
  EXPECT_EQ(message({.times = {0, 7}}), "--times: expected a time step from 0 to 6, found 7");
  EXPECT_EQ(message({.axis = "t"}), "--axis: expected one of the space axes x, y, z, found 't'");
}

TEST(PredictionFigure, RefusesFilesOfAnotherLayout) {
  const OwnPath path(".h5");
  const auto self = std::make_shared<const Communicator>(Communicator::self());
  Hdf5File file = Hdf5File::create(path.str(), self);
  file.create_dataset<float>("truth", {1, 1, 4});
  file.create_dataset<float>("prediction", {1, 1, 5});
  file.close();
  const Hdf5File unequal = Hdf5File::open(path.str(), self);
  EXPECT_THAT(error_of([&] { prediction_figure(unequal, {}); }), HasSubstr("found [1, 1, 4] and [1, 1, 5]"));
}

class HistoryFigure : public testing::Test {
 protected:
  std::string write(const std::string& text) {
    std::ofstream(path_.str()) << text;
    return path_.str();
  }
  std::string message(const std::string& text) {
    const std::string path = write(text);
    const std::string error = error_of([&] { history_figure(path); });
    return error.starts_with(path) ? error.substr(path.size()) : error;
  }

  OwnPath path_{".csv"};
};

TEST_F(HistoryFigure, DrawsLossesAndPassesOverWhatIsMissing) {
  const Canvas both =
      history_figure(write("epoch,train_loss,valid_relative_l2,seconds\n1,1.0,,9\n2,0.5,0.7,9\n3,0.25,0.4,9\n"));
  const Canvas one =
      history_figure(write("epoch,train_loss,valid_relative_l2,seconds\n1,1.0,,9\n2,0.5,,9\n3,0.25,,9\n"));
  EXPECT_FALSE(same_picture(both, one));
  const Canvas other_seconds = history_figure(write("epoch,train_loss,seconds\r\n1,1.0,1\r\n2,0.5,2\r\n3,0.25,7\r\n"));
  EXPECT_TRUE(same_picture(one, other_seconds));
}

TEST_F(HistoryFigure, RefusesWhatIsNoHistory) {
  EXPECT_THAT(message(""), HasSubstr(": expected the history of a training run"));
  EXPECT_THAT(message("a,b\n1,2\n"), HasSubstr(":1: expected the columns epoch and train_loss, found 'a,b'"));
  EXPECT_EQ(message("epoch,train_loss\n1,0.5\n2\n"), ":3: expected 2 values, found 1");
  EXPECT_EQ(message("epoch,train_loss\n1,half\n"), ":2: expected a number, found 'half'");
  EXPECT_EQ(message("epoch,train_loss\n"), ": expected at least one epoch, found none");
  EXPECT_THROW(history_figure("missing.csv"), IoError);
}

}  // namespace
}  // namespace tessera::cli
