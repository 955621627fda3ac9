#include "tessera/core/progress.hpp"

#include <gtest/gtest.h>

namespace tessera {
namespace {

TEST(FormatDuration, UsesTheTwoLargestUnits) {
  EXPECT_EQ(format_duration(0.0), "0 s");
  EXPECT_EQ(format_duration(12.4), "12 s");
  EXPECT_EQ(format_duration(59.6), "1 min 00 s");
  EXPECT_EQ(format_duration(185.0), "3 min 05 s");
  EXPECT_EQ(format_duration(3720.0), "1 h 02 min");
  EXPECT_EQ(format_duration(100 * 3600.0), "100 h 00 min");
  EXPECT_EQ(format_duration(-5.0), "0 s");
}

TEST(ProgressBar, PrintsNothingWhereItIsNotVisible) {
  testing::internal::CaptureStderr();
  {
    ProgressBar bar("training", 3, false);
    bar.update(1, "loss 0.5");
    bar.finish("done");
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(ProgressBar, EndsWithItsFinalText) {
  testing::internal::CaptureStderr();
  {
    ProgressBar bar("training", 3, true);
    bar.update(3);
    bar.finish("loss 0.5");
  }
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("training"), std::string::npos) << text;
  EXPECT_NE(text.find("loss 0.5"), std::string::npos) << text;
  EXPECT_EQ(text.back(), '\n') << text;
}

TEST(ProgressBar, CountsWholeUnitsOfFractionsWhileTheyAreShort) {
  testing::internal::CaptureStderr();
  {
    ProgressBar bar("training", 3, true);
    bar.update(0.25);
    bar.update(1.75);
  }
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("1/3"), std::string::npos) << text;
}

TEST(ProgressBar, EndsItsLineWhenItGoesOutOfScope) {
  testing::internal::CaptureStderr();
  { ProgressBar bar("training", 0, true); }
  const std::string text = testing::internal::GetCapturedStderr();
  ASSERT_FALSE(text.empty());
  EXPECT_EQ(text.back(), '\n') << text;
}

}  // namespace
}  // namespace tessera
