#include "spectral/backends/measured_transform.hpp"

#include <chrono>
#include <map>
#include <utility>

#include "tessera/core/error.hpp"

namespace tessera {

namespace {

/// Runs that are timed together, after one that is not.
constexpr int kTimedRuns = 3;

/// Bytes of a real, length, modes, synthesis, real, outer, inner.
using Case = std::tuple<std::size_t, Index, Index, bool, bool, Index, Index>;

/// Whether FFTs were faster. A rank computes on its device by one thread.
std::map<Case, bool>& measurements() {
  static std::map<Case, bool> measured;
  return measured;
}

}  // namespace

template <RealScalar T>
MeasuredTransform<T>::MeasuredTransform(const FourierLine& line, const Device& device, Engine matrix, Engine fft)
    : device_(device),
      length_(line.length),
      modes_(static_cast<Index>(line.frequencies.size())),
      matrix_(std::move(matrix)),
      fft_(std::move(fft)) {}

template <RealScalar T>
template <class Run>
double MeasuredTransform<T>::seconds(const AxisTransform<T>& engine, const Run& run) const {
  run(engine);
  device_.synchronize();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kTimedRuns; ++i) run(engine);
  device_.synchronize();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <RealScalar T>
template <class Run>
bool MeasuredTransform<T>::fft_is_faster(const Run& run) const {
  const double products = seconds(*matrix_, run);
  try {
    return seconds(*fft_, run) < products;
  } catch (const CudaError&) {
    // No memory for whole spectra; any other failure the products meet, too.
    return false;
  }
}

template <RealScalar T>
template <class Run>
void MeasuredTransform<T>::run(Direction direction, bool real, Index outer, Index inner, const Run& run) const {
  if (outer * inner == 0) return;
  const Case lines{sizeof(T), length_, modes_, direction == Direction::synthesis, real, outer, inner};
  auto found = measurements().find(lines);
  if (found == measurements().end()) found = measurements().emplace(lines, fft_is_faster(run)).first;
  run(found->second ? *fft_ : *matrix_);
}

template <RealScalar T>
void MeasuredTransform<T>::analyse(ModeScaling scaling, Index outer, Index inner, const T* x, Complex* modes) const {
  run(Direction::analysis, true, outer, inner,
      [&](const AxisTransform<T>& engine) { engine.analyse(scaling, outer, inner, x, modes); });
}

template <RealScalar T>
void MeasuredTransform<T>::analyse(ModeScaling scaling, Index outer, Index inner, const Complex* x,
                                   Complex* modes) const {
  run(Direction::analysis, false, outer, inner,
      [&](const AxisTransform<T>& engine) { engine.analyse(scaling, outer, inner, x, modes); });
}

template <RealScalar T>
void MeasuredTransform<T>::synthesise(ModeScaling scaling, Index outer, Index inner, const Complex* modes, T* x) const {
  run(Direction::synthesis, true, outer, inner,
      [&](const AxisTransform<T>& engine) { engine.synthesise(scaling, outer, inner, modes, x); });
}

template <RealScalar T>
void MeasuredTransform<T>::synthesise(ModeScaling scaling, Index outer, Index inner, const Complex* modes,
                                      Complex* x) const {
  run(Direction::synthesis, false, outer, inner,
      [&](const AxisTransform<T>& engine) { engine.synthesise(scaling, outer, inner, modes, x); });
}

template class MeasuredTransform<float>;
template class MeasuredTransform<double>;

}  // namespace tessera
