#pragma once

#include <complex>
#include <map>
#include <tuple>

#include "kernels/row_combinations.hpp"
#include "spectral/backends/cufft_plan.hpp"
#include "tessera/core/storage.hpp"
#include "tessera/spectral/axis_transform.hpp"

namespace tessera {

/// The transform on a CUDA device as FFTs of whole lines, from whose spectra the kept modes are taken. Real lines that
/// lie one after another have half spectra; others are made complex first. Spectra are in memory during a call only.
template <RealScalar T>
class DeviceLineFft final : public AxisTransform<T> {
 public:
  using Complex = std::complex<T>;

  DeviceLineFft(const FourierLine& line, const Device& device);

  void analyse(ModeScaling scaling, Index outer, Index inner, const T* x, Complex* modes) const override;
  void analyse(ModeScaling scaling, Index outer, Index inner, const Complex* x, Complex* modes) const override;
  void synthesise(ModeScaling scaling, Index outer, Index inner, const Complex* modes, T* x) const override;
  void synthesise(ModeScaling scaling, Index outer, Index inner, const Complex* modes, Complex* x) const override;

 private:
  using Combinations = Storage<kernels::RowCombination<T>>;

  /// Modes of a spectrum, and a spectrum of modes.
  struct Tables {
    Combinations modes, spectrum;
  };
  struct Spectra {
    Tables full, half;
  };

  const Spectra& spectra(ModeScaling scaling) const { return scaling == ModeScaling::unit ? unit_ : inverse_; }
  Tables make_tables(const FourierLine& line, ModeScaling scaling, bool half) const;
  const CufftPlan& plan(cufftType type, Index outer, Index inner) const;
  void transform(Index outer, Index inner, int direction, const Complex* from, Complex* to) const;

  Device device_;
  Index length_, modes_;
  Spectra unit_, inverse_;
  mutable std::map<std::tuple<cufftType, Index, Index>, CufftPlan> plans_;
};

}  // namespace tessera
