#include "kernels/projection.hpp"

#include <string>

#include "kernels/cuda/partial_sums.cuh"
#include "kernels/cuda/projection_backward.cuh"
#include "kernels/cuda/shared_memory.cuh"
#include "tessera/core/device_buffer.hpp"
#include "tessera/core/error.hpp"

namespace tessera::kernels {

namespace {

using cuda::ErrorGradient;
using cuda::GivenGradient;
using cuda::kPoints;
using cuda::kThreads;
using cuda::PartialSums;
using cuda::ProjectionTiles;

/// Blocks that go through the points beside each other, at most; each has sums of its own.
constexpr Index kMostProjectionParts = 264;

template <int WidthRows, class T>
__global__ void __launch_bounds__(kThreads) project_points(Projection<T> projection, Index points, const T* v, T* y) {
  auto& tiles = cuda::dynamic_shared_memory<ProjectionTiles<T, WidthRows>>();
  for (Index first_point = static_cast<Index>(blockIdx.x) * kPoints; first_point < points;
       first_point += static_cast<Index>(gridDim.x) * kPoints) {
    __syncthreads();
    cuda::stage_points(projection, points, first_point, v, tiles);
    const Index p = first_point + threadIdx.x % kPoints;
    for (Index first = 0; first < projection.out; first += cuda::kOutputGroup) {
      const T value = cuda::output_value(projection, first, tiles);
      const Index o = first + threadIdx.x / kPoints;
      if (o < projection.out && p < points) y[o * points + p] = value;
    }
  }
}

/// partial[block]: the block's sums, those of `gradient` behind those of the weights.
template <int WidthRows, class T, class OutputGradient>
__global__ void __launch_bounds__(kThreads) project_points_backward(Projection<T> projection, Index points, const T* v,
                                                                    OutputGradient gradient, T* gv, double* partial) {
  auto& tiles = cuda::dynamic_shared_memory<ProjectionTiles<T, WidthRows>>();
  const Index weights = projection_weights(projection);
  PartialSums<T> sums = {partial + static_cast<Index>(blockIdx.x) * (weights + OutputGradient::kSums), true};
  double own_sums[2] = {};
  static_assert(OutputGradient::kSums <= 2);
  for (Index first_point = static_cast<Index>(blockIdx.x) * kPoints; first_point < points;
       first_point += static_cast<Index>(gridDim.x) * kPoints) {
    __syncthreads();
    cuda::project_tile_backward(projection, points, first_point, v, gradient, gv, sums, own_sums, tiles);
    sums.first = false;
  }
#pragma unroll
  for (int i = 0; i < OutputGradient::kSums; ++i) {
    const double sum = cuda::sum_of_block(own_sums[i]);
    if (threadIdx.x == 0) sums.values[weights + i] = sum;
  }
}

/// Sums of the weights' gradients, and behind them others, added to two arrays.
struct AddToGradients {
  Index weights;
  double* gweights;
  double* others;

  __device__ void add(Index entry, double sum) const {
    (entry < weights ? gweights[entry] : others[entry - weights]) += sum;
  }
};

void require_at_most(const char* operation, const char* what, Index found, Index most) {
  if (found <= most) return;
  throw ShapeError(std::string(operation) + ": expected " + what + " of at most " + std::to_string(most) + ", found " +
                   std::to_string(found));
}

/// visit(integral constant WidthRows), the smallest that holds `width`.
template <class Visit>
void with_width_rows(Index width, Visit visit) {
  if (width <= cuda::kSide) return visit(std::integral_constant<int, 1>{});
  if (width <= 2 * cuda::kSide) return visit(std::integral_constant<int, 2>{});
  visit(std::integral_constant<int, 4>{});
}

/// A block's shared memory in bytes, of which `kernel` is allowed to have that much.
template <class T, int WidthRows, class Kernel>
std::size_t shared_bytes(Kernel* kernel, Index error_rows) {
  const std::size_t errors = static_cast<std::size_t>(error_rows) * kPoints * sizeof(T);
  const std::size_t bytes = sizeof(ProjectionTiles<T, WidthRows>) + errors;
  detail::check_cuda(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)),
                     "cudaFuncSetAttribute");
  return bytes;
}

template <class T>
void require_supported(const char* operation, const Projection<T>& projection) {
  require_at_most(operation, "a width", projection.width, kMostProjectedWidth);
  require_at_most(operation, "a number of outputs", projection.out, kMostProjectedOutputs);
}

/// `gradient`: of the outputs, see projection_backward.cuh; its sums are added to `others`.
template <class T, class OutputGradient>
void launch_backward(const Stream& stream, const char* name, const Projection<T>& projection, Index points, const T* v,
                     const OutputGradient& gradient, T* gv, double* gweights, double* others) {
  require_supported(name, projection);
  if (points <= 0) return;
  const Index parts = std::min((points + kPoints - 1) / kPoints, kMostProjectionParts);
  const Index weights = projection_weights(projection), sums = weights + OutputGradient::kSums;
  DeviceBuffer<double> partial(stream, parts * sums);
  with_width_rows(projection.width, [&](auto rows) {
    constexpr int kWidthRows = decltype(rows)::value;
    const auto kernel = project_points_backward<kWidthRows, T, OutputGradient>;
    const std::size_t bytes = shared_bytes<T, kWidthRows>(kernel, projection.out);
    cuda::launch(stream, name, kernel, static_cast<unsigned>(parts), kThreads, bytes, projection, points, v, gradient,
                 gv, partial.data());
  });
  cuda::launch_add_parts(stream, name, parts, sums, partial.data(), AddToGradients{weights, gweights, others});
}

}  // namespace

template <class T>
void project(const Stream& stream, const Projection<T>& projection, Index points, const T* v, T* y) {
  require_supported("project", projection);
  if (points <= 0 || projection.out <= 0) return;
  const auto blocks = static_cast<unsigned>(std::min((points + kPoints - 1) / kPoints, cuda::kMaxBlocks));
  with_width_rows(projection.width, [&](auto rows) {
    constexpr int kWidthRows = decltype(rows)::value;
    const auto kernel = project_points<kWidthRows, T>;
    const std::size_t bytes = shared_bytes<T, kWidthRows>(kernel, 0);
    cuda::launch(stream, "project", kernel, blocks, kThreads, bytes, projection, points, v, y);
  });
}

template <class T>
void project_backward(const Stream& stream, const Projection<T>& projection, Index points, const T* v, const T* gy,
                      T* gv, double* gweights) {
  launch_backward(stream, "project_backward", projection, points, v, GivenGradient<T>{gy}, gv, gweights, nullptr);
}

template <class T>
void project_with_loss(const Stream& stream, const Projection<T>& projection, Index points, const T* v, const T* target,
                       T* gv, double* gweights, double* loss, const double* factor) {
  launch_backward(stream, "project_with_loss", projection, points, v, ErrorGradient<T>{target, factor}, gv, gweights,
                  loss);
}

#define TESSERA_INSTANTIATE(T)                                                                                    \
  template void project<T>(const Stream&, const Projection<T>&, Index, const T*, T*);                             \
  template void project_backward<T>(const Stream&, const Projection<T>&, Index, const T*, const T*, T*, double*); \
  template void project_with_loss<T>(const Stream&, const Projection<T>&, Index, const T*, const T*, T*, double*, \
                                     double*, const double*);

TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)

}  // namespace tessera::kernels
