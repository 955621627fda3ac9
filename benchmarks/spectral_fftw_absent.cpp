#include "spectral_fftw.hpp"

namespace tessera::bench {

std::unique_ptr<FullTransform> make_full_transform(const SpectralGrid&, Index, bool) { return nullptr; }

}  // namespace tessera::bench
