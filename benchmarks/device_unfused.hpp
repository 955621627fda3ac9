#pragma once

/// \file
/// The same block by cuFFT and cuBLAS, one operation after the other, as it is commonly done.

#include <memory>
#include <string>

#include "device_block.hpp"

namespace tessera::bench {

/// Why this build has no UnfusedBlock; empty where it has.
std::string why_not_unfused();

/// Works on the fields and weights of a DeviceBlock. The forward transform is a real-to-complex cuFFT along the last
/// axis and a complex one over the others, of which the kept modes are copied; the inverse begins with zeros. Spectral
/// weights lie mode by mode, so that the product is a batch of cuBLAS products.
class UnfusedBlock {
 public:
  explicit UnfusedBlock(DeviceBlock& block);
  ~UnfusedBlock();

  void forward_transform();
  void inverse_transform();
  void mix();
  void convolve();
  /// activated = gelu(s + W v)
  void activate();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tessera::bench
