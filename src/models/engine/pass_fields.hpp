#pragma once

/// \file
/// What a pass over a rank's part of the grid reads and writes.

#include <complex>
#include <cstdint>
#include <vector>

#include "tessera/spectral/axis_transform.hpp"
#include "tessera/tensor/field.hpp"

namespace tessera::engine {

/// What a pass reads and writes besides the tiles it visits. Mode buffers hold the modes of all samples of the rank's
/// part of the grid, in the layout of the pass's ModeLayout.
template <RealScalar T>
struct PassFields {
  struct Source {
    const T* modes;
    ModeScaling scaling;
  };

  std::vector<Source> sources;  ///< modes that tiles may be computed from
  T* result = nullptr;          ///< modes gathered from what tiles hand over; null: none
  ModeScaling result_scaling = ModeScaling::unit;
  const FieldReader<T>* input = nullptr;   ///< null: not read
  const FieldReader<T>* target = nullptr;  ///< a field like the output: a target, or the output's gradient
  FieldWriter<T>* output = nullptr;
  FieldWriter<T>* input_gradient = nullptr;
  /// Which pass this is and where visits find what they need besides: passes that are equal in this and in the fields
  /// do the same work. Empty: another work every time.
  std::vector<std::uint64_t> identity;
};

/// How modes lie in the mode buffers of a sweep: samples one after the other.
template <RealScalar T>
class ModeLayout {
 public:
  virtual ~ModeLayout() = default;

  /// Numbers in a mode buffer.
  virtual Index mode_count() const = 0;
  /// Between mode buffers and contiguous tensors [batch, width, kept or cells of each grid axis...].
  virtual void to_tensor(const T* modes, std::complex<T>* tensor) const = 0;
  virtual void from_tensor(const std::complex<T>* tensor, T* modes) const = 0;
};

}  // namespace tessera::engine
