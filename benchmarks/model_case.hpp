#pragma once

/// \file
/// The Fourier neural operator that benchmarks measure, and the fields they feed it.

#include <string>
#include <vector>

#include "options.hpp"
#include "tessera/models/fno.hpp"

namespace tessera::bench {

/// A field that is a formula, so that none of it is in memory: the product over the axes of smooth functions of the
/// global indices, plus a constant.
class FormulaReader final : public FieldReader<float> {
 public:
  explicit FormulaReader(Shape shape);
  const Shape& shape() const override { return shape_; }
  void read(const Box& box, float* values) const override;

 private:
  Shape shape_;
  std::vector<std::vector<float>> factors_;  ///< per axis
};

/// Takes values and forgets them.
class NowhereWriter final : public FieldWriter<float> {
 public:
  explicit NowhereWriter(Shape shape) : shape_(std::move(shape)) {}
  const Shape& shape() const override { return shape_; }
  void write(const Box&, const float*) override {}

 private:
  Shape shape_;
};

/// The model of the common options.
FnoConfig model_of(const Options& options, Index in_steps, const std::string& schedule);

}  // namespace tessera::bench
