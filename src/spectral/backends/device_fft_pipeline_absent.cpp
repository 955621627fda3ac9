#include "spectral/backends/device_fft_pipeline.hpp"

namespace tessera {

template <Scalar Cell>
std::unique_ptr<const FftPipeline<Cell>> make_device_fft_pipeline(const Shape&, std::size_t, const Partition&,
                                                                  FftOrder) {
  require_device("make_fft_pipeline");
  return nullptr;
}

#define TESSERA_INSTANTIATE(Cell)                                                                       \
  template std::unique_ptr<const FftPipeline<Cell>> make_device_fft_pipeline(const Shape&, std::size_t, \
                                                                             const Partition&, FftOrder);
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::complex<float>)
TESSERA_INSTANTIATE(std::complex<double>)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
