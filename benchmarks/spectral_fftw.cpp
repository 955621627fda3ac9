#include "spectral_fftw.hpp"

#include <fftw3.h>

#include <vector>

#include "kernels/copy.hpp"
#include "tessera/core/buffer.hpp"
#include "tessera/core/error.hpp"
#include "tessera/core/threads.hpp"

namespace tessera::bench {

namespace {

using Complex = std::complex<float>;

fftwf_complex* pointer(Complex* values) { return reinterpret_cast<fftwf_complex*>(values); }

Shape half_spectrum(const SpectralGrid& spectral) {
  Shape shape = spectral.grid();
  shape.back() = shape.back() / 2 + 1;
  return shape;
}

class FftwTransform final : public FullTransform {
 public:
  FftwTransform(const SpectralGrid& spectral, Index channels, bool measure)
      : channels_(channels),
        cells_(volume(spectral.grid())),
        half_(volume(half_spectrum(spectral))),
        last_(spectral.kept().back()) {
    list_rows(spectral);
    list_factors(spectral);
    const std::vector<int> n(spectral.grid().begin(), spectral.grid().end());
    // Fields follow each other without padding, so not every one is aligned as the arrays planned with.
    const unsigned flags = (measure ? FFTW_MEASURE : FFTW_ESTIMATE) | (cells_ % 16 == 0 ? 0U : FFTW_UNALIGNED);
    Buffer<float> x(cells_);
    Buffer<Complex> spectrum(half_);
    const int rank = static_cast<int>(n.size());
    forward_ = fftwf_plan_dft_r2c(rank, n.data(), x.data(), pointer(spectrum.data()), flags | FFTW_PRESERVE_INPUT);
    inverse_ = fftwf_plan_dft_c2r(rank, n.data(), pointer(spectrum.data()), x.data(), flags);
    if (forward_ == nullptr || inverse_ == nullptr) throw FftError("FFTW made no plan");
  }
  ~FftwTransform() override {
    fftwf_destroy_plan(forward_);
    fftwf_destroy_plan(inverse_);
  }
  FftwTransform(const FftwTransform&) = delete;
  FftwTransform& operator=(const FftwTransform&) = delete;

  void analyse(ModeScaling scaling, const float* x, Complex* modes) override {
    const float* factors = (scaling == ModeScaling::unit ? ones_ : weights_).data();
    for_each_field([&](Index field, Complex* spectrum) {
      fftwf_execute_dft_r2c(forward_, const_cast<float*>(x) + field * cells_, pointer(spectrum));
      Complex* to = modes + field * static_cast<Index>(rows_.size()) * last_;
      for (const Index row : rows_) {
        for (Index k = 0; k < last_; ++k) *to++ = factors[k] * spectrum[row + k];
      }
    });
  }

  void synthesise(ModeScaling scaling, const Complex* modes, float* x) override {
    const float* factors = (scaling == ModeScaling::unit ? halves_ : scales_).data();
    for_each_field([&](Index field, Complex* spectrum) {
      kernels::set_zero(half_, spectrum);
      const Complex* from = modes + field * static_cast<Index>(rows_.size()) * last_;
      for (const Index row : rows_) {
        for (Index k = 0; k < last_; ++k) spectrum[row + k] = factors[k] * *from++;
      }
      fftwf_execute_dft_c2r(inverse_, pointer(spectrum), x + field * cells_);
    });
  }

 private:
  template <class Body>
  void for_each_field(Body&& body) {
    spectra_.resize(static_cast<std::size_t>(thread_count()));
    parallel_for(channels_, [&](Index field, int thread) {
      Buffer<Complex>& spectrum = spectra_[static_cast<std::size_t>(thread)];
      spectrum.require(half_);
      body(field, spectrum.data());
    });
  }

  /// Where the kept rows of the last axis begin in the half spectrum.
  void list_rows(const SpectralGrid& spectral) {
    const Shape strides = row_major_strides(half_spectrum(spectral));
    rows_ = {0};
    for (std::size_t axis = 0; axis + 1 < spectral.rank(); ++axis) {
      std::vector<Index> next;
      for (const Index row : rows_) {
        for (const Index frequency : spectral.frequencies(axis)) next.push_back(row + frequency * strides[axis]);
      }
      rows_ = std::move(next);
    }
  }

  /// FFTW's inverse adds the conjugates that are not stored, as the inverse's weights say too; the sum over the stored
  /// modes alone does not.
  void list_factors(const SpectralGrid& spectral) {
    const std::size_t last = spectral.rank() - 1;
    const double scale = 1.0 / static_cast<double>(cells_);
    const double rest = scale * static_cast<double>(spectral.grid()[last]);
    for (const double weight : spectral.inverse_weights(last)) {
      weights_.push_back(static_cast<float>(rest * weight));
      halves_.push_back(static_cast<float>(scale / (rest * weight)));
    }
    ones_.assign(weights_.size(), 1.0F);
    scales_.assign(weights_.size(), static_cast<float>(scale));
  }

  Index channels_, cells_, half_, last_;
  std::vector<Index> rows_;
  std::vector<float> ones_, weights_, halves_, scales_;  ///< per mode of the last axis
  fftwf_plan forward_{}, inverse_{};
  std::vector<Buffer<Complex>> spectra_;  ///< per thread
};

}  // namespace

std::unique_ptr<FullTransform> make_full_transform(const SpectralGrid& spectral, Index channels, bool measure) {
  return std::make_unique<FftwTransform>(spectral, channels, measure);
}

}  // namespace tessera::bench
