#pragma once

/// \file
/// Two tiles in shared memory and their product, spread over the registers of a block's threads: what
/// column_product.cuh does with every chunk of terms. There are two ways,
///   kTermsTogether: terms are multiplied in groups of so many, missing ones are to be zero
///   factor(value): what is put into the tiles for a number
///   add(tiles, count, rows, sums): adds the product over `count` terms; rows from `rows` on are not wanted
///   kThreadsTogether: that share a processor; their loads must be enough to use its memory
///   kInPlace: to `sums`; else to registers of its own, and finish(tiles, sums) adds these to `sums` in the end

#include "kernels/cuda/axis_rows.cuh"
#include "kernels/cuda/tensor_core.cuh"

namespace tessera::kernels::cuda {

inline constexpr int kTileColumns = 128;
inline constexpr int kWarpRows = 8;
inline constexpr int kLaneColumns = kTileColumns / kWarp;

template <class T>
inline constexpr int kTileTerms = 128 / static_cast<int>(sizeof(T));

template <int Threads>
inline constexpr int kTileRows = Threads / kWarp* kWarpRows;

/// Rows one apart lie in different banks of shared memory, and every row of M's begins at a multiple of 16 bytes.
template <class T, int Threads>
struct ProductTiles {
  alignas(kPackBytes) T matrix[kTileTerms<T>][kTileRows<Threads> + 4];
  T terms[kTileTerms<T>][kTileColumns + 1];
};

/// Every warp has 8 rows, every lane of it 4 columns 32 apart.
template <class T>
struct ProductSums {
  T value[kWarpRows][kLaneColumns];
};

__device__ inline int warp_of_block() { return static_cast<int>(threadIdx.x) / kWarp; }
__device__ inline int lane_of_warp() { return static_cast<int>(threadIdx.x) % kWarp; }

/// Multiply-adds of every lane for its own sums, in the order of the terms. A number of M is read by all lanes at once.
template <class T, int Threads>
struct LaneProducts {
  static constexpr int kTermsTogether = 1;
  static constexpr bool kInPlace = true;
  static constexpr int kThreadsTogether = sizeof(T) == 4 ? 640 : 384;

  __device__ static T factor(T value) { return value; }

  __device__ void add(const ProductTiles<T, Threads>& tiles, int count, Index rows, ProductSums<T>& sums) const {
    const int warp_row = warp_of_block() * kWarpRows, lane = lane_of_warp();
    if (warp_row >= rows) return;
#pragma unroll 4
    for (int term = 0; term < count; ++term) {
      T left[kWarpRows], right[kLaneColumns];
      for (int r = 0; r < kWarpRows; r += kPackLanes<T>) {
        const auto pack = load<kPackLanes<T>>(&tiles.matrix[term][warp_row + r]);
        for (int i = 0; i < kPackLanes<T>; ++i) left[r + i] = pack.lane[i];
      }
      for (int j = 0; j < kLaneColumns; ++j) right[j] = tiles.terms[term][lane + j * kWarp];
      for (int r = 0; r < kWarpRows; ++r) {
        for (int j = 0; j < kLaneColumns; ++j) sums.value[r][j] += left[r] * right[j];
      }
    }
  }
};

/// Tensor cores: two warps share 16 rows, each has half of the columns, as 8 products of 8 columns. Column n of product
/// i is column 4 n + i % 4 of 32, so that lanes meet different banks.
template <int Threads>
struct TensorProducts {
  static constexpr int kTermsTogether = 8;
  static constexpr bool kInPlace = false;
  static constexpr int kThreadsTogether = 512;
  static constexpr int kRows = 16;
  static constexpr int kProducts = 8;

  float sums_of_product[kProducts][4] = {};

  __device__ static float factor(float value) { return tensor_float32(value); }

  __device__ static int first_row() { return warp_of_block() / 2 * kRows; }
  __device__ static int column_of(int product, int n) {
    return warp_of_block() % 2 * (kTileColumns / 2) + product / 4 * kWarp + 4 * n + product % 4;
  }

  __device__ void add(const ProductTiles<float, Threads>& tiles, int count, Index rows, ProductSums<float>&) {
    if (first_row() >= rows) return;
    const int row = first_row() + lane_of_warp() / 4, n = lane_of_warp() / 4;
    for (int first = 0; first < count; first += kTermsTogether) {
      const int term = first + lane_of_warp() % 4;
      const float a[4] = {tiles.matrix[term][row], tiles.matrix[term][row + 8], tiles.matrix[term + 4][row],
                          tiles.matrix[term + 4][row + 8]};
#pragma unroll
      for (int i = 0; i < kProducts; ++i) {
        const int column = column_of(i, n);
        const float b[2] = {tiles.terms[term][column], tiles.terms[term + 4][column]};
        add_tensor_product(a, b, sums_of_product[i]);
      }
    }
  }

  /// Through the place of the terms, which has as many rows as there are terms.
  __device__ void finish(ProductTiles<float, Threads>& tiles, ProductSums<float>& sums) const {
    constexpr int kRound = kTileTerms<float>;
    const int row = lane_of_warp() / 4, n = lane_of_warp() % 4 * 2;
#pragma unroll
    for (int round = 0; round < kTileRows<Threads>; round += kRound) {
      __syncthreads();
      if (first_row() / kRound == round / kRound) {
        const int own = first_row() - round + row;
#pragma unroll
        for (int i = 0; i < kProducts; ++i) {
          tiles.terms[own][column_of(i, n)] = sums_of_product[i][0];
          tiles.terms[own][column_of(i, n + 1)] = sums_of_product[i][1];
          tiles.terms[own + 8][column_of(i, n)] = sums_of_product[i][2];
          tiles.terms[own + 8][column_of(i, n + 1)] = sums_of_product[i][3];
        }
      }
      __syncthreads();
      const int wanted = warp_of_block() * kWarpRows - round;
      if (wanted < 0 || wanted >= kRound) continue;
#pragma unroll
      for (int r = 0; r < kWarpRows; ++r) {
        for (int j = 0; j < kLaneColumns; ++j) {
          sums.value[r][j] += tiles.terms[wanted + r][lane_of_warp() + j * kWarp];
        }
      }
    }
  }
};

}  // namespace tessera::kernels::cuda
