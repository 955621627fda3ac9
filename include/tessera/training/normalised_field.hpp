#pragma once

/// \file
/// Fields that are normalised while they are read, and restored while they are written.

#include "tessera/core/buffer.hpp"
#include "tessera/tensor/field.hpp"
#include "tessera/training/normaliser.hpp"

namespace tessera {

/// Another field, normalised. Field and normaliser must outlive it. Throws ShapeError when the channel count differs.
template <RealScalar T>
class NormalisedReader final : public FieldReader<T> {
 public:
  NormalisedReader(const FieldReader<T>& field, const Normaliser& normaliser);
  const Shape& shape() const override { return field_.shape(); }
  void read(const Box& box, T* values) const override;

 private:
  const FieldReader<T>& field_;
  const Normaliser& normaliser_;
};

/// Writes restored values to another field. Field and normaliser must outlive it. Throws ShapeError when the channel
/// count differs.
template <RealScalar T>
class RestoringWriter final : public FieldWriter<T> {
 public:
  RestoringWriter(FieldWriter<T>& field, const Normaliser& normaliser);
  const Shape& shape() const override { return field_.shape(); }
  void write(const Box& box, const T* values) override;

 private:
  FieldWriter<T>& field_;
  const Normaliser& normaliser_;
  Buffer<T> restored_;
};

}  // namespace tessera
