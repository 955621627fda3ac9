#include "device_unfused.hpp"

namespace tessera::bench {

std::string why_not_unfused() { return "this build is without cuFFT or cuBLAS"; }

struct UnfusedBlock::Parts {};
UnfusedBlock::UnfusedBlock(DeviceBlock&) { throw ArgumentError("UnfusedBlock: " + why_not_unfused()); }
UnfusedBlock::~UnfusedBlock() = default;
void UnfusedBlock::forward_transform() {}
void UnfusedBlock::inverse_transform() {}
void UnfusedBlock::mix() {}
void UnfusedBlock::convolve() {}
void UnfusedBlock::activate() {}

}  // namespace tessera::bench
