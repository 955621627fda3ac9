#pragma once

/// \file
/// Helpers of the kernel tests: reproducible values, and a scope that runs the kernels at one instruction-set level.

#include <gtest/gtest.h>

#include <complex>
#include <random>
#include <string>
#include <vector>

#include "kernels/cpu_dispatch.hpp"
#include "tessera/core/scalar.hpp"
#include "tessera/core/shape.hpp"

namespace tessera::kernels::test {

inline constexpr unsigned kSeed = 20240611;

/// Uniform values in [-1, 1], the same in every run.
class Values {
 public:
  template <class T>
  T next() {
    if constexpr (ComplexScalar<T>) {
      const auto real = next<RealPart<T>>();
      return {real, next<RealPart<T>>()};
    } else {
      return static_cast<T>(std::uniform_real_distribution<double>(-1, 1)(generator_));
    }
  }

  template <class T>
  std::vector<T> array(Index count) {
    std::vector<T> values(static_cast<std::size_t>(count));
    for (T& value : values) value = next<T>();
    return values;
  }

 private:
  std::mt19937_64 generator_{kSeed};
};

/// A test run once per level this machine supports.
class EveryLevel : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    before_ = selected_simd();
    select_simd(GetParam());
  }
  void TearDown() override { select_simd(before_); }

 private:
  std::string before_;
};

inline std::string level_name(const testing::TestParamInfo<std::string>& info) { return info.param; }

}  // namespace tessera::kernels::test
