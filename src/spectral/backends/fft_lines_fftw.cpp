#include <map>
#include <string>
#include <utility>
#include <vector>

#include "spectral/backends/box_fft.hpp"
#include "spectral/backends/fft_lines.hpp"
#include "spectral/backends/fftw_api.hpp"
#include "tessera/core/buffer.hpp"
#include "tessera/core/error.hpp"
#include "tessera/spectral/distributed_fft.hpp"

namespace tessera {

namespace {

/// Plans of FftLines are estimated, not measured, so that a program's results do not depend on which algorithm happened
/// to be fastest when it started.
constexpr unsigned kEstimate = FFTW_ESTIMATE;

}  // namespace

/// Plans by column count, made on first use: a tensor needs two counts, full and remainder.
template <RealScalar T>
struct FftLines<T>::Plans {
  using Api = Fftw<T>;
  using Plan = typename Api::Plan;
  enum Kind { kForward, kBackward, kRealForward, kRealBackward };

  explicit Plans(Index line_length) : length(static_cast<int>(line_length)) {}
  ~Plans() {
    for (auto& [key, plan] : plans) Api::destroy(plan);
  }

  Plan get(Kind kind, Index columns) {
    Plan& plan = plans[{kind, columns}];
    if (plan != nullptr) return plan;
    // Planning needs arrays of the right size and alignment; the same alignment comes with every Buffer.
    Buffer<std::complex<T>> lines(length * columns);
    Buffer<T> reals(length * columns);
    const int count = static_cast<int>(columns);
    switch (kind) {
      case kForward:
        plan = Api::complex_plan(length, count, fftw_pointer(lines.data()), FFTW_FORWARD, kEstimate);
        break;
      case kBackward:
        plan = Api::complex_plan(length, count, fftw_pointer(lines.data()), FFTW_BACKWARD, kEstimate);
        break;
      case kRealForward:
        plan = Api::real_forward(length, count, reals.data(), fftw_pointer(lines.data()), kEstimate);
        break;
      case kRealBackward:
        plan = Api::real_backward(length, count, fftw_pointer(lines.data()), reals.data(), kEstimate);
        break;
    }
    if (plan == nullptr) throw FftError("FFTW made no plan for lines of length " + std::to_string(length));
    return plan;
  }

  int length;
  std::map<std::pair<Kind, Index>, Plan> plans;
};

template <RealScalar T>
bool FftLines<T>::available() {
  return true;
}

template <RealScalar T>
FftLines<T>::FftLines(Index length) : plans_(std::make_unique<Plans>(length)) {
  constexpr Index kLimit = (Index{1} << 31) / kMaxColumns - 1;
  if (length < 1 || length > kLimit) {
    throw FftError("FftLines: line length must be 1 to " + std::to_string(kLimit) + ", got " + std::to_string(length));
  }
}

template <RealScalar T>
FftLines<T>::~FftLines() = default;

template <RealScalar T>
void FftLines<T>::forward(Index columns, std::complex<T>* lines) const {
  Fftw<T>::execute(plans_->get(Plans::kForward, columns), fftw_pointer(lines), fftw_pointer(lines));
}

template <RealScalar T>
void FftLines<T>::backward(Index columns, std::complex<T>* lines) const {
  Fftw<T>::execute(plans_->get(Plans::kBackward, columns), fftw_pointer(lines), fftw_pointer(lines));
}

template <RealScalar T>
void FftLines<T>::forward_real(Index columns, const T* lines, std::complex<T>* half_spectrum) const {
  Fftw<T>::execute(plans_->get(Plans::kRealForward, columns), fftw_pointer(lines), fftw_pointer(half_spectrum));
}

template <RealScalar T>
void FftLines<T>::backward_real(Index columns, std::complex<T>* half_spectrum, T* lines) const {
  Fftw<T>::execute(plans_->get(Plans::kRealBackward, columns), fftw_pointer(half_spectrum), lines);
}

template class FftLines<float>;
template class FftLines<double>;

template <RealScalar T>
struct BoxFft<T>::Plan {
  explicit Plan(typename Fftw<T>::Plan made) : plan(made) {}
  ~Plan() { Fftw<T>::destroy(plan); }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  typename Fftw<T>::Plan plan;
};

namespace {

/// Elements from the first to one past the last of a strided box.
Index span_of(const Shape& extent, const Shape& strides) {
  Index span = 1;
  for (std::size_t axis = 0; axis < extent.size(); ++axis) span += (extent[axis] - 1) * strides[axis];
  return span;
}

template <class T>
typename Fftw<T>::Plan plan_box(typename BoxFft<T>::Kind kind, const typename BoxFft<T>::Geometry& g, unsigned flags) {
  using Kind = typename BoxFft<T>::Kind;
  using Dimension = typename Fftw<T>::Dimension;
  const auto dimension = [&](std::size_t axis) {
    return Dimension{g.cells[axis], g.in_strides[axis], g.out_strides[axis]};
  };
  std::vector<Dimension> many;
  for (std::size_t axis = 0; axis < g.cells.size(); ++axis) {
    if (axis != g.axis && g.cells[axis] > 1) many.push_back(dimension(axis));
  }
  const Dimension line = dimension(g.axis);
  const int rank = static_cast<int>(many.size());
  // Measuring overwrites the arrays it is given.
  Buffer<std::complex<T>> in(span_of(g.cells, g.in_strides));
  Buffer<std::complex<T>> other(g.in_place ? 0 : span_of(g.cells, g.out_strides));
  auto* from = fftw_pointer(in.data());
  auto* to = g.in_place ? from : fftw_pointer(other.data());
  switch (kind) {
    case Kind::forward: return Fftw<T>::lines(line, rank, many.data(), from, to, FFTW_FORWARD, flags);
    case Kind::backward: return Fftw<T>::lines(line, rank, many.data(), from, to, FFTW_BACKWARD, flags);
    case Kind::real_forward: return Fftw<T>::lines(line, rank, many.data(), reinterpret_cast<T*>(in.data()), to, flags);
    case Kind::real_backward:
      return Fftw<T>::lines(line, rank, many.data(), from, reinterpret_cast<T*>(other.data()), flags);
  }
  return nullptr;
}

}  // namespace

template <RealScalar T>
bool BoxFft<T>::available() {
  return true;
}

template <RealScalar T>
BoxFft<T>::BoxFft(Kind kind, const Geometry& geometry, FftPlanning planning) {
  const auto plan = plan_box<T>(kind, geometry, planning == FftPlanning::measure ? FFTW_MEASURE : FFTW_ESTIMATE);
  if (plan == nullptr) {
    throw FftError("FFTW made no plan for axis " + std::to_string(geometry.axis) + " of " + to_string(geometry.cells));
  }
  plan_ = std::make_unique<Plan>(plan);
}

template <RealScalar T>
BoxFft<T>::BoxFft(BoxFft&&) noexcept = default;
template <RealScalar T>
BoxFft<T>& BoxFft<T>::operator=(BoxFft&&) noexcept = default;
template <RealScalar T>
BoxFft<T>::~BoxFft() = default;

template <RealScalar T>
void BoxFft<T>::apply(const std::complex<T>* in, std::complex<T>* out) const {
  Fftw<T>::execute(plan_->plan, fftw_pointer(in), fftw_pointer(out));
}
template <RealScalar T>
void BoxFft<T>::apply(const T* in, std::complex<T>* out) const {
  Fftw<T>::execute(plan_->plan, fftw_pointer(in), fftw_pointer(out));
}
template <RealScalar T>
void BoxFft<T>::apply(std::complex<T>* in, T* out) const {
  Fftw<T>::execute(plan_->plan, fftw_pointer(in), out);
}

template class BoxFft<float>;
template class BoxFft<double>;

}  // namespace tessera
