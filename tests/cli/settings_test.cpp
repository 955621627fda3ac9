#include "settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>

#include "run_config.hpp"
#include "support/mpi_fixture.hpp"
#include "tessera/core/error.hpp"

namespace tessera::cli {
namespace {

using testing::HasSubstr;
using testing_support::world;

enum class Fruit { apple, pear };

/// One key of every type.
struct Basket {
  Index count = 3;
  int small = 1;
  std::uint64_t seed = 7;
  double weight = 0.5;
  bool fresh = true;
  std::string label = "market";
  Shape boxes{1, 2};
  std::vector<double> prices{1.5};
  Fruit fruit = Fruit::apple;
  Settings settings;

  Basket() {
    settings.add("shop", "count", count, "pieces", at_least(1));
    settings.add("shop", "small", small, "a small number");
    settings.add("shop", "random_seed", seed, "seed");
    settings.add("shop", "weight", weight, "kg", both(more_than(0), at_most(10)));
    settings.add("shop", "fresh", fresh, "whether it is");
    settings.add("sign", "label", label, "text on it");
    settings.add("sign", "boxes", boxes, "pieces per box", each(at_least(0)));
    settings.add("sign", "prices", prices, "in euro");
    settings.add("sign", "fruit", fruit, "what is sold", {{"apple", Fruit::apple}, {"pear", Fruit::pear}});
  }

  /// Parses the words as options of a command that has all keys, then resolves. Collective.
  void parse(std::vector<std::string> words) {
    CLI::App app;
    settings.add_options(app, {"shop", "sign"});
    std::reverse(words.begin(), words.end());
    app.parse(words);
    settings.resolve(*world());
  }
};

template <class Body>
std::string config_error(Body&& body) {
  try {
    body();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

std::string toml_error(const std::string& text) {
  return config_error([&] { Basket().settings.apply_toml(text, "run.toml"); });
}

std::string option_error(const std::vector<std::string>& words) {
  return config_error([&] { Basket().parse(words); });
}

/// A file of rank 0 for the duration of a test.
class SharedFile {
 public:
  explicit SharedFile(const std::string& text) {
    if (world()->rank() == 0) std::ofstream(path_) << text;
    world()->barrier();
  }
  ~SharedFile() {
    world()->barrier();
    if (world()->rank() == 0) std::filesystem::remove(path_);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "settings_test_" + std::to_string(world()->size()) + ".toml";
};

TEST(Settings, ReadsEveryTypeFromToml) {
  Basket basket;
  basket.settings.apply_toml(
      "[shop]\ncount = 12\nsmall = -3\nrandom_seed = 9\nweight = 2\nfresh = false\n"
      "[sign]\nlabel = \"a \\\"b\\\"\"\nboxes = [4, 5, 6]\nprices = [1, 2.25]\nfruit = \"pear\"\n",
      "run.toml");
  EXPECT_EQ(basket.count, 12);
  EXPECT_EQ(basket.small, -3);
  EXPECT_EQ(basket.seed, 9u);
  EXPECT_EQ(basket.weight, 2.0);
  EXPECT_FALSE(basket.fresh);
  EXPECT_EQ(basket.label, "a \"b\"");
  EXPECT_EQ(basket.boxes, (Shape{4, 5, 6}));
  EXPECT_EQ(basket.prices, (std::vector<double>{1, 2.25}));
  EXPECT_EQ(basket.fruit, Fruit::pear);
  EXPECT_TRUE(basket.settings.given("shop.count"));
}

TEST(Settings, KeepsDefaultsOfWhatIsNotGiven) {
  Basket basket;
  basket.settings.apply_toml("", "run.toml");
  basket.settings.apply_toml("[shop]\ncount = 5\n[sign]\n", "run.toml");
  EXPECT_EQ(basket.count, 5);
  EXPECT_EQ(basket.weight, 0.5);
  EXPECT_EQ(basket.boxes, (Shape{1, 2}));
  EXPECT_FALSE(basket.settings.given("shop.weight"));
  EXPECT_THROW(basket.settings.given("shop.wight"), ArgumentError);
}

TEST(Settings, SuggestsTheNearestKnownKey) {
  EXPECT_EQ(toml_error("# first\n[shop]\ncount = 1\nwieght = 2.0\n"),
            "run.toml:4: unknown key shop.wieght; did you mean shop.weight?");
  EXPECT_EQ(toml_error("[shop]\nlabel = \"x\"\n"), "run.toml:2: unknown key shop.label; did you mean sign.label?");
  EXPECT_EQ(toml_error("count = 1\n"), "run.toml:1: unknown key count; did you mean shop.count?");
  EXPECT_EQ(toml_error("\n[shpo]\ncount = 1\n"), "run.toml:2: unknown section [shpo]; did you mean [shop]?");
  EXPECT_EQ(toml_error("[shop.cuont]\n"), "run.toml:1: unknown key shop.cuont; did you mean shop.count?");
}

TEST(Settings, PassesOverTheSectionsOfOtherCommands) {
  Basket basket;
  basket.settings.apply_toml("[training]\nepochs = 3\n\n[shop]\ncount = 2\n", "run.toml");
  EXPECT_EQ(basket.count, 2);
  EXPECT_EQ(toml_error("[trianing]\nepochs = 3\n"), "run.toml:1: unknown section [trianing]; did you mean [training]?");
}

TEST(Settings, NamesWhatATomlValueShouldBe) {
  EXPECT_EQ(toml_error("[shop]\ncount = 1.5\n"), "run.toml:2: shop.count: expected an integer, found a number (1.5)");
  EXPECT_EQ(toml_error("[shop]\n\ncount = \"ten\"\n"),
            "run.toml:3: shop.count: expected an integer, found a string ('ten')");
  EXPECT_EQ(toml_error("[shop]\nweight = true\n"), "run.toml:2: shop.weight: expected a number, found true");
  EXPECT_EQ(toml_error("[shop]\nfresh = 1\n"), "run.toml:2: shop.fresh: expected true or false, found an integer (1)");
  EXPECT_EQ(toml_error("[sign]\nlabel = 3\n"), "run.toml:2: sign.label: expected a string, found an integer (3)");
  EXPECT_EQ(toml_error("[sign]\nboxes = [1, 2.5]\n"),
            "run.toml:2: sign.boxes: expected a list of integers, found a list");
  EXPECT_EQ(toml_error("[sign]\nfruit = \"plum\"\n"),
            "run.toml:2: sign.fruit: expected one of apple, pear, found a string ('plum')");
  EXPECT_EQ(toml_error("shop = 1\n"), "run.toml:1: shop: expected a section, found an integer (1)");
  EXPECT_THAT(toml_error("[shop\n"), HasSubstr("run.toml:1: "));
}

TEST(Settings, ChecksValues) {
  EXPECT_EQ(toml_error("[shop]\ncount = 0\n"), "run.toml:2: shop.count: expected at least 1, found an integer (0)");
  EXPECT_EQ(toml_error("[shop]\nweight = 11.0\n"), "run.toml:2: shop.weight: expected at most 10, found a number (11)");
  EXPECT_EQ(toml_error("[shop]\nsmall = 3000000000\n"),
            "run.toml:2: shop.small: expected a number from -2147483648 to 2147483647, found an integer (3000000000)");
  EXPECT_THAT(toml_error("[shop]\nrandom_seed = -1\n"), HasSubstr("expected a number from 0 to"));
  EXPECT_EQ(option_error({"--boxes", "1,-1"}), "--boxes: expected entries of at least 0, found '1,-1'");
  EXPECT_EQ(option_error({"--count", "0"}), "--count: expected at least 1, found '0'");
}

TEST(Settings, OptionsWinOverTheFile) {
  const SharedFile file("[shop]\ncount = 20\nweight = 4.0\n");
  Basket basket;
  basket.parse({file.path(), "--weight", "8", "--boxes", "1,1,2", "--random-seed=5", "--fruit", "pear", "--fresh",
                "false", "--label", ""});
  EXPECT_EQ(basket.count, 20);
  EXPECT_EQ(basket.weight, 8.0);
  EXPECT_EQ(basket.boxes, (Shape{1, 1, 2}));
  EXPECT_EQ(basket.seed, 5u);
  EXPECT_EQ(basket.fruit, Fruit::pear);
  EXPECT_FALSE(basket.fresh);
  EXPECT_EQ(basket.label, "");
  EXPECT_EQ(basket.small, 1);
}

TEST(Settings, ReadsListsAndNumbersFromOptions) {
  Basket basket;
  basket.parse({"--boxes", "[3, 4]", "--prices", "1e-3,-2", "--small", "-4", "--weight", "1e-300"});
  EXPECT_EQ(basket.boxes, (Shape{3, 4}));
  EXPECT_EQ(basket.prices, (std::vector<double>{1e-3, -2}));
  EXPECT_EQ(basket.small, -4);
  EXPECT_EQ(basket.weight, 1e-300);
  for (const std::string wrong : {"1,", ",1", "1 2", "1,,2", "x"}) {
    EXPECT_EQ(option_error({"--boxes", wrong}), "--boxes: expected a list of integers, found '" + wrong + "'");
  }
  for (const std::string wrong : {"1.0", "", "12a", "99999999999999999999"}) {
    EXPECT_EQ(option_error({"--count", wrong}), "--count: expected an integer, found '" + wrong + "'");
  }
  EXPECT_EQ(option_error({"--fruit", "plum"}), "--fruit: expected one of apple, pear, found 'plum'");
}

TEST(Settings, ReportsAFileThatCannotBeReadAlikeOnAllRanks) {
  EXPECT_THAT(option_error({"missing.toml"}),
              HasSubstr("missing.toml: expected a TOML file, found none that can be read"));
  EXPECT_EQ(option_error({"."}), ".: expected a TOML file, found a folder");
}

TEST(Settings, ReadsBackWhatItWrites) {
  Basket basket;
  basket.count = 17;
  basket.weight = 0.1 + 0.2;
  basket.label = "tab\there \"and\" \\ there";
  basket.boxes = {};
  basket.prices = {1, 1e-300, 1.0 / 3};
  basket.fruit = Fruit::pear;
  basket.fresh = false;
  const std::string text = basket.settings.to_toml();
  Basket copy;
  copy.settings.apply_toml(text, "copy.toml");
  EXPECT_EQ(copy.count, 17);
  EXPECT_EQ(copy.weight, basket.weight);
  EXPECT_EQ(copy.label, basket.label);
  EXPECT_EQ(copy.boxes, basket.boxes);
  EXPECT_EQ(copy.prices, basket.prices);
  EXPECT_EQ(copy.fruit, Fruit::pear);
  EXPECT_FALSE(copy.fresh);
  EXPECT_EQ(copy.settings.to_toml(), text);
  EXPECT_THAT(text, HasSubstr("# pieces per box\nboxes = []"));
  EXPECT_THAT(text, HasSubstr("# what is sold (one of apple, pear)\nfruit = \"pear\""));
}

TEST(Settings, RefusesTwoKeysThatWouldShareAnOption) {
  Basket basket;
  Index other = 0;
  EXPECT_THROW(basket.settings.add("elsewhere", "count", other, "again"), ArgumentError);
}

TEST(Settings, MakesOptionsOfTheSelectedKeysOnly) {
  Basket basket;
  CLI::App app;
  basket.settings.add_options(app, {"sign", "shop.weight"});
  EXPECT_NE(app.get_option_no_throw("--weight"), nullptr);
  EXPECT_NE(app.get_option_no_throw("--label"), nullptr);
  EXPECT_EQ(app.get_option_no_throw("--count"), nullptr);
  EXPECT_THROW(basket.settings.add_options(app, {"shelf"}), ArgumentError);
}

TEST(RunConfig, WritesAllSectionsAndReadsThemBack) {
  RunConfig config;
  Settings settings;
  add_run_settings(settings, config);
  config.model.modes = {6, 4, 4, 3};
  config.training.learning_rate.base = 2e-3;
  const std::string text = settings.to_toml();
  for (const char* section : {"[run]", "[data]", "[model]", "[training]"}) EXPECT_THAT(text, HasSubstr(section));
  RunConfig copy;
  Settings copy_settings;
  add_run_settings(copy_settings, copy);
  copy_settings.apply_toml(text, "copy.toml");
  EXPECT_EQ(copy.model, config.model);
  EXPECT_EQ(copy_settings.to_toml(), text);
}

TEST(RunConfig, CompletesOrRefuses) {
  RunConfig config;
  config.seed = 9;
  config.complete();
  EXPECT_EQ(config.training.seed, 9u);
  config.training.weight_decay = 0.1;
  EXPECT_THROW(config.complete(), ConfigError);
  config.optimiser = Optimiser::adamw;
  config.complete();
}

TEST(RunConfig, FitsTheModelToTheSamples) {
  RunConfig config;
  const FnoConfig lifted = model_for(config, {1, 24, 16, 16, 1}, {2, 24, 16, 16, 12});
  EXPECT_EQ(lifted.in_channels, 1);
  EXPECT_EQ(lifted.out_channels, 2);
  EXPECT_EQ(lifted.grid, (Shape{24, 16, 16, 12}));
  EXPECT_EQ(lifted.in_steps, 1);
  EXPECT_EQ(lifted.modes, (Shape{6, 4, 4, 3}));
  EXPECT_EQ(model_for(config, {1, 3, 8}, {1, 3, 8}).in_steps, 0);
  EXPECT_EQ(model_for(config, {1, 3, 8}, {1, 3, 8}).modes, (Shape{1, 2}));
  EXPECT_THROW(model_for(config, {1, 8, 8, 1}, {1, 8, 9, 4}), ShapeError);
  EXPECT_THROW(model_for(config, {1, 8}, {1, 8, 8}), ShapeError);
  EXPECT_THROW(model_for(config, {1}, {1}), ShapeError);
  config.model.modes = {3, 5, 2};
  EXPECT_THROW(model_for(config, {1, 8, 8, 4}, {1, 8, 8, 4}), FftError);
}

TEST(RunConfig, TakesAPartitionOfAllRanksOnly) {
  RunConfig config;
  const FnoConfig model = model_for(config, {1, 8, 8, 4}, {1, 8, 8, 4});
  EXPECT_EQ(volume(partition_for(config, model, 6)), 6);
  config.partition = {1, 1, 2, 3, 1};
  EXPECT_EQ(partition_for(config, model, 6), config.partition);
  EXPECT_THROW(partition_for(config, model, 4), PartitionError);
  config.partition = {1, 1, 6};
  EXPECT_THROW(partition_for(config, model, 6), PartitionError);
}

}  // namespace
}  // namespace tessera::cli
