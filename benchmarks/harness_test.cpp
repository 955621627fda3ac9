#include "harness.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <new>
#include <sstream>

#include "support/mpi_fixture.hpp"
#include "tessera/core/storage.hpp"

namespace tessera::bench {
namespace {

using testing_support::world;

TEST(Median, TakesTheMiddle) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
  EXPECT_THROW(median({}), ArgumentError);
}

/// The published table of distribution-free limits: order statistics 2 and 9 for n = 10, 6 and 15 for n = 20.
TEST(MedianConfidence, TakesTheOrderStatisticsOfTheTable) {
  const auto ranks_of = [](int count) {
    std::vector<double> values;
    for (int i = count; i >= 1; --i) values.push_back(i);
    const Interval interval = median_confidence(values);
    return std::pair(interval.low, interval.high);
  };
  EXPECT_EQ(ranks_of(1), std::pair(1.0, 1.0));
  EXPECT_EQ(ranks_of(5), std::pair(1.0, 5.0));
  EXPECT_EQ(ranks_of(6), std::pair(1.0, 6.0));
  EXPECT_EQ(ranks_of(9), std::pair(2.0, 8.0));
  EXPECT_EQ(ranks_of(10), std::pair(2.0, 9.0));
  EXPECT_EQ(ranks_of(20), std::pair(6.0, 15.0));
}

bool parse(Options& options, std::vector<const char*> words) {
  words.insert(words.begin(), "program");
  CommandLine line("program", "A test.", options, {Option::grid, Option::modes, Option::partition});
  std::string extra = "a";
  line.add("--extra", extra, "One of two", {"a", "b"});
  return line.parse(static_cast<int>(words.size()), words.data(), *world());
}

TEST(CommandLine, ReadsListsAndNumbers) {
  Options options;
  EXPECT_TRUE(parse(options, {"--grid", "8,6", "--modes", "2,3", "--repeats", "3", "--extra", "b"}));
  EXPECT_EQ(options.grid, (Shape{8, 6}));
  EXPECT_EQ(options.modes, (Shape{2, 3}));
  EXPECT_EQ(options.repeats, 3);
  EXPECT_EQ(options.command, "program --grid 8,6 --modes 2,3 --repeats 3 --extra b");
  EXPECT_EQ(partition_for(options, 3), (Shape{1, 1, 3, 1}));
}

TEST(CommandLine, RefusesWhatItCannotUse) {
  const std::vector<std::vector<const char*>> bad = {{"--grid", "8,x,8"},     {"--grid", "8,0", "--modes", "1,1"},
                                                     {"--grid", "8,8"},       {"--repeats", "0"},
                                                     {"--width", "4"},        {"--extra", "c"},
                                                     {"--partition", "1,-1"}, {"--warmup", "-1"}};
  for (const auto& words : bad) {
    Options options;
    EXPECT_THROW(parse(options, words), ConfigError) << words[0] << " " << words[1];
  }
  Options options;
  options.partition = {1, 1, 2};
  EXPECT_THROW(partition_for(options, 8), ConfigError);
  options.partition = {2, 2, 2, 1, 1, 1};
  EXPECT_THROW(partition_for(options, 7), ConfigError);
}

/// A harness that writes to a file of its own, which is removed in the end.
class HarnessTest : public testing::Test {
 protected:
  HarnessTest() {
    options_.repeats = 3;
    options_.warmup = 1;
    options_.json = testing::TempDir() + "harness_test_" + std::to_string(world()->size()) + ".json";
  }
  ~HarnessTest() override {
    if (world()->rank() == 0) std::remove(options_.json.c_str());
  }

  std::string file() const {
    world()->barrier();
    std::ifstream stream(options_.json);
    std::stringstream text;
    text << stream.rdbuf();
    world()->barrier();
    return text.str();
  }

  Options options_;
};

TEST_F(HarnessTest, CountsRepeatsBytesAndRanks) {
  Harness harness("harness_test", world(), options_);
  int calls = 0;
  EXPECT_TRUE(harness.run("sum", {{"grid", Shape{8, 8}}}, [&](Case& c) {
    double value = 1.0;
    c.note({{"dtype", "float64"}});
    c.time(
        [&] {
          world()->all_sum(&value, 1);
          ++calls;
        },
        5);
  }));
  EXPECT_EQ(calls, 4 * 5);
  ASSERT_EQ(harness.records().size(), 1U);
  const Record& record = harness.records().front();
  EXPECT_EQ(record.times_s.size(), 3U);
  EXPECT_LE(record.ci95_s.low, record.median_s);
  EXPECT_GE(record.ci95_s.high, record.median_s);
  EXPECT_EQ(record.bytes_sent, 2 * 8 * (world()->size() - 1) / world()->size());
  EXPECT_GT(record.peak_rss_bytes, 0);
  for (const char* text :
       {"\"name\": \"sum\"", "\"ci95_s\"", "\"commit\"", "\"processor\"", "\"dtype\": \"float64\""}) {
    EXPECT_NE(file().find(text), std::string::npos) << text;
  }
}

TEST_F(HarnessTest, CountsMemoryOfTheDevice) {
  constexpr Index kBytes = Index{1} << 20;
  Harness harness("harness_test", world(), options_);
  harness.run("device", {}, [&](Case& c) {
    const Storage<char> storage(world()->device(), kBytes);
    c.time([] {});
  });
  harness.run("nothing", {}, [&](Case& c) { c.time([] {}); });
  ASSERT_EQ(harness.records().size(), 2U);
  const bool on_cuda = world()->device().is_cuda();
  EXPECT_GE(harness.records()[0].peak_device_bytes, on_cuda ? kBytes : 0);
  EXPECT_LT(harness.records()[1].peak_device_bytes, kBytes);
  EXPECT_NE(file().find(on_cuda ? "\"route\": \"" : "\"device\": \"cpu\""), std::string::npos);
}

TEST_F(HarnessTest, ComparesInTurn) {
  Harness harness("harness_test", world(), options_);
  std::string order;
  harness.run("turns", {}, [&](Case& c) {
    c.compare({{"first", [&] { order += 'a'; }}, {"second", [&] { order += 'b'; }, {{"extra", true}}}});
  });
  EXPECT_EQ(order, "abababab");
  ASSERT_EQ(harness.records().size(), 2U);
  EXPECT_EQ(harness.records()[1].name, "turns/second");
}

TEST_F(HarnessTest, RecordsFailuresAndGoesOn) {
  Harness harness("harness_test", world(), options_);
  EXPECT_FALSE(harness.run("everywhere", {}, [](Case&) { throw std::bad_alloc(); }));
  EXPECT_FALSE(harness.run("somewhere", {}, [](Case& c) {
    c.together([] {
      if (world()->rank() == world()->size() - 1) throw std::bad_alloc();
    });
    c.time([] { world()->barrier(); });
  }));
  EXPECT_TRUE(harness.run("after", {}, [](Case& c) { c.time([] {}); }));
  ASSERT_EQ(harness.records().size(), 3U);
  EXPECT_EQ(harness.records()[0].error, "out of memory");
  EXPECT_EQ(harness.records()[1].error.rfind("out of memory", 0), 0U);
  EXPECT_NE(file().find("\"error\": \"out of memory\""), std::string::npos);
}

TEST_F(HarnessTest, LeavesATraceOfACaseThatNeverEnds) {
  Harness harness("harness_test", world(), options_);
  harness.run("endless", {}, [&](Case& c) {
    EXPECT_NE(file().find("did not finish"), std::string::npos);
    c.time([] {});
    EXPECT_NE(file().find("did not finish"), std::string::npos);
  });
  EXPECT_EQ(file().find("did not finish"), std::string::npos);
}

TEST_F(HarnessTest, RefusesAFileItCannotWrite) {
  options_.json = "/nonexistent/folder/file.json";
  EXPECT_THROW(Harness("harness_test", world(), options_), IoError);
}

TEST(PeakMemory, FollowsWhatIsTouched) {
  if (!reset_peak_memory()) GTEST_SKIP() << "the system cannot reset peaks";
  const Index before = peak_memory();
  constexpr Index kBytes = Index{32} << 20;
  {
    std::vector<char> block(kBytes, 1);
    EXPECT_GE(peak_memory(), before + kBytes / 2);
  }
  EXPECT_TRUE(reset_peak_memory());
  EXPECT_LT(peak_memory(), before + kBytes / 2);
}

TEST(FormatSeconds, KeepsThreeDigits) {
  EXPECT_EQ(format_seconds(1.234e-6), "1.23 us");
  EXPECT_EQ(format_seconds(0.02567), "25.7 ms");
  EXPECT_EQ(format_seconds(12.5), "12.5 s");
  EXPECT_EQ(format_bytes(3.0 * 1024 * 1024), "3.00 MiB");
}

}  // namespace
}  // namespace tessera::bench
