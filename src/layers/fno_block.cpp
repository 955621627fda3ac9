#include "tessera/layers/fno_block.hpp"

#include <numbers>

namespace tessera {

template <RealScalar T>
FnoBlock<T>::FnoBlock(const std::string& name, const Partition& partition, const SpectralGrid& spectral, Index width,
                      std::uint64_t seed, Schedule schedule, Initialisation initialisation, double gain)
    : pointwise_(name + "/pointwise", partition, width, width, seed,
                 {.bias = false, .gain = gain / std::numbers::sqrt2}),
      spectral_(name + "/spectral", partition, spectral, width, width, seed,
                {.schedule = schedule, .initialisation = initialisation, .gain = gain / std::numbers::sqrt2}) {}

template class FnoBlock<float>;
template class FnoBlock<double>;

}  // namespace tessera
