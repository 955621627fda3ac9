#include "device_unfused.hpp"

#include <cublas_v2.h>
#include <cufft.h>

#include <vector>

#include "kernels/activation.hpp"
#include "kernels/copy.hpp"
#include "kernels/elementwise.hpp"

namespace tessera::bench {

namespace {

template <class Code>
void check(Code code, const char* call) {
  if (code != Code{}) throw CudaError(std::string(call) + ": code " + std::to_string(static_cast<int>(code)));
}

/// An owned cuFFT plan; 0 without one.
class Plan {
 public:
  Plan() = default;
  /// Transforms of extents `n`, elements `stride` apart; batches are `distance` apart.
  Plan(std::vector<long long> n, std::vector<long long> in, std::vector<long long> out, long long stride,
       long long in_distance, long long out_distance, cufftType type, long long batch, const Stream& stream) {
    check(cufftCreate(&handle_), "cufftCreate");
    std::size_t bytes = 0;
    check(cufftMakePlanMany64(handle_, static_cast<int>(n.size()), n.data(), in.data(), stride, in_distance, out.data(),
                              stride, out_distance, type, batch, &bytes),
          "cufftMakePlanMany64");
    check(cufftSetStream(handle_, stream.handle()), "cufftSetStream");
  }
  Plan(Plan&& other) noexcept : handle_(std::exchange(other.handle_, 0)) {}
  Plan& operator=(Plan&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Plan() {
    if (handle_ != 0) cufftDestroy(handle_);
  }
  cufftHandle handle() const { return handle_; }

 private:
  cufftHandle handle_ = 0;
};

Shape strides_of(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

}  // namespace

std::string why_not_unfused() { return ""; }

struct UnfusedBlock::Parts {
  DeviceBlock& block;
  const Stream& stream;
  Index half;  ///< modes of the last axis's whole spectrum
  Plan to_modes, to_cells, others;
  cublasHandle_t blas = nullptr;
  Storage<Complex> whole;          ///< spectrum [width, ..., half]
  Storage<Complex> by_mode;        ///< R [kept, in, out]
  Storage<Complex> input, output;  ///< [kept, width]

  explicit Parts(DeviceBlock& b) : block(b), stream(b.device().stream()), half(b.grid().grid().back() / 2 + 1) {
    const long long cells = block.grid().grid().back();
    const long long lines = block.width() * block.points() / cells;
    to_modes = Plan({cells}, {cells}, {half}, 1, cells, half, CUFFT_R2C, lines, stream);
    to_cells = Plan({cells}, {half}, {cells}, 1, half, cells, CUFFT_C2R, lines, stream);
    const std::vector<long long> n(block.grid().grid().begin(), block.grid().grid().end() - 1);
    // Of one channel: cuFFT has no batches along two axes.
    if (!n.empty()) others = Plan(n, n, n, half, 1, 1, CUFFT_C2C, half, stream);
    check(cublasCreate(&blas), "cublasCreate");
    check(cublasSetStream(blas, stream.handle()), "cublasSetStream");
    whole = Storage<Complex>(block.device(), lines * half);
    const Index width = block.width(), modes = block.modes();
    input = Storage<Complex>(block.device(), width * modes);
    output = Storage<Complex>(block.device(), width * modes);
    by_mode = Storage<Complex>(block.device(), width * width * modes);
    kernels::copy_box<Complex>(stream, {width * width, modes}, block.spectral.data(), {modes, 1}, by_mode.data(),
                               {1, width * width});
  }

  ~Parts() { cublasDestroy(blas); }

  void transform_others(int direction) {
    if (others.handle() == 0) return;
    const Index channel = whole.size() / block.width();
    for (Index c = 0; c < block.width(); ++c) {
      auto* values = reinterpret_cast<cufftComplex*>(whole.data() + c * channel);
      check(cufftExecC2C(others.handle(), values, values, direction), "cufftExecC2C");
    }
  }

  /// visit(extent, offset in the whole spectrum, its strides, offset in the kept one, its strides) for every corner.
  template <class Visit>
  void for_each_corner(const Visit& visit) const {
    const SpectralGrid& grid = block.grid();
    const std::size_t axes = grid.rank();
    Shape whole_shape = {block.width()}, kept_shape = {block.width()}, extent = {block.width()};
    for (std::size_t i = 0; i < axes; ++i) {
      whole_shape.push_back(i + 1 < axes ? grid.grid()[i] : half);
      kept_shape.push_back(grid.kept()[i]);
      extent.push_back(grid.modes()[i]);
    }
    const Shape whole_strides = strides_of(whole_shape), kept_strides = strides_of(kept_shape);
    for (unsigned corner = 0; corner < 1u << (axes - 1); ++corner) {
      Index in_whole = 0, in_kept = 0;
      for (std::size_t i = 0; i + 1 < axes; ++i) {
        if ((corner >> i & 1u) == 0) continue;
        in_whole += (whole_shape[i + 1] - extent[i + 1]) * whole_strides[i + 1];
        in_kept += extent[i + 1] * kept_strides[i + 1];
      }
      visit(extent, in_whole, whole_strides, in_kept, kept_strides);
    }
  }
};

UnfusedBlock::UnfusedBlock(DeviceBlock& block) : parts_(std::make_unique<Parts>(block)) {}
UnfusedBlock::~UnfusedBlock() = default;

void UnfusedBlock::forward_transform() {
  Parts& p = *parts_;
  check(cufftExecR2C(p.to_modes.handle(), p.block.v.data(), reinterpret_cast<cufftComplex*>(p.whole.data())),
        "cufftExecR2C");
  p.transform_others(CUFFT_FORWARD);
  p.for_each_corner([&](const Shape& extent, Index from, const Shape& strides, Index to, const Shape& kept_strides) {
    kernels::copy_box<Complex>(p.stream, extent, p.whole.data() + from, strides, p.block.spectrum.data() + to,
                               kept_strides);
  });
}

void UnfusedBlock::inverse_transform() {
  Parts& p = *parts_;
  kernels::set_zero(p.stream, p.whole.size(), p.whole.data());
  kernels::scale<Complex>(p.stream, p.block.mixed.size(), 1.0f / static_cast<float>(p.block.points()),
                          p.block.mixed.data());
  p.for_each_corner([&](const Shape& extent, Index to, const Shape& strides, Index from, const Shape& kept_strides) {
    kernels::copy_box<Complex>(p.stream, extent, p.block.mixed.data() + from, kept_strides, p.whole.data() + to,
                               strides);
  });
  p.transform_others(CUFFT_INVERSE);
  check(cufftExecC2R(p.to_cells.handle(), reinterpret_cast<cufftComplex*>(p.whole.data()), p.block.s.data()),
        "cufftExecC2R");
}

void UnfusedBlock::mix() {
  Parts& p = *parts_;
  const Index width = p.block.width(), modes = p.block.modes();
  const int n = static_cast<int>(width);
  const cuComplex one{1.0f, 0.0f}, zero{0.0f, 0.0f};
  kernels::copy_box<Complex>(p.stream, {width, modes}, p.block.spectrum.data(), {modes, 1}, p.input.data(), {1, width});
  // cuBLAS counts columns first: y^T = R^T x^T for every mode.
  check(cublasCgemmStridedBatched(p.blas, CUBLAS_OP_N, CUBLAS_OP_N, n, 1, n, &one,
                                  reinterpret_cast<const cuComplex*>(p.by_mode.data()), n, width * width,
                                  reinterpret_cast<const cuComplex*>(p.input.data()), n, width, &zero,
                                  reinterpret_cast<cuComplex*>(p.output.data()), n, width, static_cast<int>(modes)),
        "cublasCgemmStridedBatched");
  kernels::copy_box<Complex>(p.stream, {width, modes}, p.output.data(), {1, width}, p.block.mixed.data(), {modes, 1});
}

void UnfusedBlock::convolve() {
  forward_transform();
  mix();
  inverse_transform();
}

void UnfusedBlock::activate() {
  Parts& p = *parts_;
  const int n = static_cast<int>(p.block.width()), points = static_cast<int>(p.block.points());
  const float one = 1.0f;
  // Columns first: (s + W v)^T = s^T + v^T W^T.
  check(cublasSgemm(p.blas, CUBLAS_OP_N, CUBLAS_OP_N, points, n, n, &one, p.block.v.data(), points,
                    p.block.pointwise.data(), n, &one, p.block.s.data(), points),
        "cublasSgemm");
  kernels::gelu<float>(p.stream, p.block.s.size(), p.block.s.data(), p.block.activated.data());
}

}  // namespace tessera::bench
