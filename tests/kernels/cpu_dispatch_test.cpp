#include "kernels/cpu_dispatch.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tessera/core/error.hpp"

namespace tessera::kernels {
namespace {

TEST(CpuDispatch, EveryListedLevelCanBeSelected) {
  const std::vector<std::string> levels = simd_levels();
  ASSERT_FALSE(levels.empty());
  EXPECT_EQ(levels.front(), "portable");
  const std::string before = selected_simd();
  for (const std::string& level : levels) {
    select_simd(level);
    EXPECT_EQ(selected_simd(), level);
  }
  select_simd(before);
}

TEST(CpuDispatch, AnUnknownLevelIsRefusedAndChangesNothing) {
  const std::string before = selected_simd();
  EXPECT_THROW(select_simd("sse9"), ArgumentError);
  EXPECT_THROW(select_simd(""), ArgumentError);
  EXPECT_EQ(selected_simd(), before);
}

TEST(CpuDispatch, TheEnvironmentForcesALevel) {
  const char* given = std::getenv("TESSERA_SIMD");
  const std::string kept = given ? given : "";
  setenv("TESSERA_SIMD", "portable", 1);
  EXPECT_EQ(default_simd(), "portable");
  setenv("TESSERA_SIMD", "AVX2", 1);
  EXPECT_THROW(default_simd(), ArgumentError);
  unsetenv("TESSERA_SIMD");
  EXPECT_EQ(default_simd(), simd_levels().back());
  if (given) setenv("TESSERA_SIMD", kept.c_str(), 1);
}

}  // namespace
}  // namespace tessera::kernels
