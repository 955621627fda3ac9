#include "kernels/mode_mixing.hpp"

#include <algorithm>

#include "kernels/arithmetic/complex_product.hpp"
#include "kernels/cuda/launch.cuh"

namespace tessera::kernels {

namespace {

/// A mode's matrices lie apart by the number of modes: neighbouring threads take neighbouring modes, so that every load
/// is of consecutive numbers. A thread computes a small tile of its mode's result in registers, which divides the
/// loads of one factor by the tile's rows and those of the other by its columns.
constexpr int kModeThreads = 128;
constexpr int kTileColumns = 4;

/// c[p, q, k] = sum_t a[p, t, k] b[q, t, k] (+ c[p, q, k]) for p < rows, q < columns, t < terms, k < modes; the
/// strides of p, q and t are in complex numbers.
template <class T>
struct ModeProduct {
  Index rows, columns, terms, modes;
  const Complex<T>* a;
  Index a_row, a_term;
  const Complex<T>* b;
  Index b_column, b_term;
  Complex<T>* c;
  Index c_row, c_column;
  bool accumulate = false;
};

/// The tile of rows from p and columns from q, of mode k. Past the last row or column the last one is computed again,
/// so that no load is out of bounds, and not stored.
template <int TileRows, bool ConjugateB, class T>
__device__ void multiply_tile(const ModeProduct<T>& m, Index p, Index q, Index k) {
  Complex<T> sums[TileRows][kTileColumns] = {};
  const Complex<T>* a[TileRows];
  const Complex<T>* b[kTileColumns];
  for (int i = 0; i < TileRows; ++i) a[i] = m.a + min(p + i, m.rows - 1) * m.a_row + k;
  for (int j = 0; j < kTileColumns; ++j) b[j] = m.b + min(q + j, m.columns - 1) * m.b_column + k;
  for (Index t = 0; t < m.terms; ++t) {
    Complex<T> left[TileRows], right[kTileColumns];
    for (int i = 0; i < TileRows; ++i) left[i] = a[i][t * m.a_term];
    for (int j = 0; j < kTileColumns; ++j) right[j] = b[j][t * m.b_term];
    for (int i = 0; i < TileRows; ++i) {
      for (int j = 0; j < kTileColumns; ++j) add_product<ConjugateB>(left[i], right[j], sums[i][j]);
    }
  }
  for (int i = 0; i < TileRows; ++i) {
    for (int j = 0; j < kTileColumns; ++j) {
      if (p + i >= m.rows || q + j >= m.columns) continue;
      Complex<T>& c = m.c[(p + i) * m.c_row + (q + j) * m.c_column + k];
      if (m.accumulate) {
        sums[i][j].real += c.real;
        sums[i][j].imaginary += c.imaginary;
      }
      c = sums[i][j];
    }
  }
}

/// Blocks take the tiles of one run of modes one after another, while what these share is in the cache.
template <int TileRows, bool ConjugateB, class T>
__global__ void __launch_bounds__(kModeThreads) multiply_modes(ModeProduct<T> m) {
  const Index row_tiles = (m.rows + TileRows - 1) / TileRows;
  const Index tiles = row_tiles * ((m.columns + kTileColumns - 1) / kTileColumns);
  const Index runs = (m.modes + kModeThreads - 1) / kModeThreads;
  for (Index item = blockIdx.x; item < tiles * runs; item += gridDim.x) {
    const Index tile = item % tiles;
    const Index k = item / tiles * kModeThreads + threadIdx.x;
    if (k < m.modes) {
      multiply_tile<TileRows, ConjugateB>(m, tile % row_tiles * TileRows, tile / row_tiles * kTileColumns, k);
    }
  }
}

template <int TileRows, bool ConjugateB, class T>
void launch_tiles(const Stream& stream, const char* kernel, const ModeProduct<T>& product) {
  const Index row_tiles = (product.rows + TileRows - 1) / TileRows;
  const Index column_tiles = (product.columns + kTileColumns - 1) / kTileColumns;
  const Index items = row_tiles * column_tiles * ((product.modes + kModeThreads - 1) / kModeThreads);
  const auto blocks = static_cast<unsigned>(std::min(items, cuda::kMaxBlocks));
  cuda::launch(stream, kernel, multiply_modes<TileRows, ConjugateB, T>, blocks, kModeThreads, 0, product);
}

template <bool ConjugateB, class T>
void multiply_each_mode(const Stream& stream, const char* kernel, const ModeProduct<T>& product) {
  if (product.rows == 0 || product.columns == 0 || product.modes == 0) return;
  if (product.rows == 1) {
    launch_tiles<1, ConjugateB>(stream, kernel, product);
  } else {
    launch_tiles<2, ConjugateB>(stream, kernel, product);
  }
}

template <class T>
const Complex<T>* complex(const std::complex<T>* values) {
  return reinterpret_cast<const Complex<T>*>(values);
}

template <class T>
Complex<T>* complex(std::complex<T>* values) {
  return reinterpret_cast<Complex<T>*>(values);
}

}  // namespace

template <class T>
void mix_modes(const Stream& stream, const ModeMixing& size, const std::complex<T>* x, const std::complex<T>* r,
               std::complex<T>* y) {
  const auto [batch, in, out, modes] = size;
  multiply_each_mode<false, T>(stream, "mix_modes",
                               {batch, out, in, modes, complex(x), in * modes, modes, complex(r), modes, out * modes,
                                complex(y), out * modes, modes});
}

template <class T>
void mix_modes_adjoint_input(const Stream& stream, const ModeMixing& size, const std::complex<T>* gy,
                             const std::complex<T>* r, std::complex<T>* gx) {
  const auto [batch, in, out, modes] = size;
  multiply_each_mode<true, T>(stream, "mix_modes_adjoint_input",
                              {batch, in, out, modes, complex(gy), out * modes, modes, complex(r), out * modes, modes,
                               complex(gx), in * modes, modes});
}

template <class T>
void mix_modes_adjoint_weight(const Stream& stream, const ModeMixing& size, const std::complex<T>* gy,
                              const std::complex<T>* x, std::complex<T>* gr, bool accumulate) {
  const auto [batch, in, out, modes] = size;
  multiply_each_mode<true, T>(stream, "mix_modes_adjoint_weight",
                              {out, in, batch, modes, complex(gy), modes, out * modes, complex(x), modes, in * modes,
                               complex(gr), modes, out * modes, accumulate});
}

#define TESSERA_INSTANTIATE(T)                                                                                 \
  template void mix_modes<T>(const Stream&, const ModeMixing&, const std::complex<T>*, const std::complex<T>*, \
                             std::complex<T>*);                                                                \
  template void mix_modes_adjoint_input<T>(const Stream&, const ModeMixing&, const std::complex<T>*,           \
                                           const std::complex<T>*, std::complex<T>*);                          \
  template void mix_modes_adjoint_weight<T>(const Stream&, const ModeMixing&, const std::complex<T>*,          \
                                            const std::complex<T>*, std::complex<T>*, bool);

TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)

}  // namespace tessera::kernels
