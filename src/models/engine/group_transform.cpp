#include "models/engine/group_transform.hpp"

#include <algorithm>

#include "kernels/products.hpp"
#include "models/engine/axis_coefficients.hpp"
#include "tessera/core/threads.hpp"

namespace tessera::engine {

namespace {

/// Modes of all (x, y) of a group, and its fields: what stays in a cache, for any grid.
constexpr Index kGroupBytes = 1024 * 1024;

/// Columns of a product computed by one thread.
constexpr Index kColumns = 1024;

/// C = M B (+ C) over all columns, shared among threads.
template <class T>
void multiply_columns(kernels::Product<T> product) {
  const Index pieces = (product.n + kColumns - 1) / kColumns;
  parallel_for(pieces, [&](Index piece, int) {
    kernels::Product<T> part = product;
    const Index first = piece * kColumns;
    part.n = std::min(kColumns, product.n - first);
    part.b += first;
    part.c += first;
    if (part.initial != nullptr) part.initial += first;
    kernels::multiply(part);
  });
}

}  // namespace

template <RealScalar T>
auto GroupTransform<T>::make_axis(const std::optional<FourierLine>& line, Index cells, bool summed) -> Axis {
  Axis axis;
  axis.cells = cells;
  if (!line && !summed) {
    axis.kept = true;
    axis.modes = cells;
    return axis;
  }
  for (const ModeScaling scaling : {ModeScaling::unit, ModeScaling::inverse}) {
    FourierCoefficients c;
    if (summed) {
      c = {1, cells, std::vector<double>(static_cast<std::size_t>(cells), 1.0),
           std::vector<double>(static_cast<std::size_t>(cells), 0.0)};
    } else {
      c = fourier_coefficients(*line, scaling);
    }
    axis.modes = c.modes;
    Buffer<T> matrix(4 * c.modes * cells);
    for (Index k = 0; k < c.modes; ++k) {
      for (Index n = 0; n < cells; ++n) {
        const auto entry = static_cast<std::size_t>(k * cells + n);
        T* real_row = matrix.data() + k * 2 * cells + 2 * n;
        T* imaginary_row = matrix.data() + (c.modes + k) * 2 * cells + 2 * n;
        // exp(-i a) (re, im) = (c re + s im, c im - s re)
        real_row[0] = imaginary_row[1] = static_cast<T>(c.cosine[entry]);
        real_row[1] = static_cast<T>(c.sine[entry]);
        imaginary_row[0] = static_cast<T>(-c.sine[entry]);
      }
    }
    (scaling == ModeScaling::unit ? axis.unit : axis.inverse) = std::move(matrix);
  }
  return axis;
}

template <RealScalar T>
GroupTransform<T>::GroupTransform(const Tiling& tiling, Index inner, Index plane_values,
                                  const std::optional<FourierLine>& x_line, const std::optional<FourierLine>& y_line)
    : inner_(inner),
      rows_(tiling.rows()),
      x_(make_axis(x_line, tiling.planes(), tiling.split() != Tiling::Split::none)),
      y_(make_axis(y_line, tiling.rows(), false)) {
  const Index plane_bytes =
      std::max<Index>(1, std::max(2 * inner_ * rows_, plane_values) * static_cast<Index>(sizeof(T)));
  group_ = std::clamp<Index>(kGroupBytes / plane_bytes, 1, std::max<Index>(1, tiling.planes()));
}

template <RealScalar T>
void GroupTransform<T>::analyse(ModeScaling scaling, Index first, Index count, const T* rows, Buffer<T>& scratch,
                                T* modes) const {
  const Index columns = ky() * inner_;
  scratch.require(group_ * 2 * columns);
  // Per plane [re, im][ky][inner].
  const T* planes = rows;
  if (!y_.kept || rows_ > 1) {
    parallel_for(count, [&](Index g, int) {
      const T* from = rows + g * rows_ * 2 * inner_;
      T* to = scratch.data() + g * 2 * columns;
      if (y_.kept) {
        for (Index y = 0; y < rows_; ++y) {
          for (Index part = 0; part < 2; ++part) {
            std::copy_n(from + (2 * y + part) * inner_, inner_, to + (part * rows_ + y) * inner_);
          }
        }
      } else {
        kernels::multiply<T>({2 * ky(), inner_, 2 * rows_, y_.matrix(scaling), 2 * rows_, 1, from, inner_, to, inner_});
      }
    });
    planes = scratch.data();
  }
  if (x_.kept) {
    for (Index g = 0; g < count; ++g) {
      for (Index part = 0; part < 2; ++part) {
        std::copy_n(planes + (2 * g + part) * columns, columns, modes + (part * kx() + first + g) * columns);
      }
    }
    return;
  }
  multiply_columns<T>({2 * kx(), columns, 2 * count, x_.matrix(scaling) + 2 * first, 2 * x_.cells, 1, planes, columns,
                       modes, columns, first == 0 ? nullptr : modes, columns, 1});
}

template <RealScalar T>
void GroupTransform<T>::synthesise(ModeScaling scaling, Index first, Index count, const T* modes, Buffer<T>& scratch,
                                   T* rows) const {
  const Index columns = ky() * inner_;
  scratch.require(group_ * 2 * columns);
  const bool only_x = y_.kept && rows_ == 1;
  T* planes = only_x ? rows : scratch.data();
  if (x_.kept) {
    for (Index g = 0; g < count; ++g) {
      for (Index part = 0; part < 2; ++part) {
        std::copy_n(modes + (part * kx() + first + g) * columns, columns, planes + (2 * g + part) * columns);
      }
    }
  } else {
    multiply_columns<T>({2 * count, columns, 2 * kx(), x_.matrix(scaling) + 2 * first, 1, 2 * x_.cells, modes, columns,
                         planes, columns});
  }
  if (only_x) return;
  parallel_for(count, [&](Index g, int) {
    const T* from = planes + g * 2 * columns;
    T* to = rows + g * rows_ * 2 * inner_;
    if (y_.kept) {
      for (Index y = 0; y < rows_; ++y) {
        for (Index part = 0; part < 2; ++part) {
          std::copy_n(from + (part * rows_ + y) * inner_, inner_, to + (2 * y + part) * inner_);
        }
      }
    } else {
      kernels::multiply<T>({2 * rows_, inner_, 2 * ky(), y_.matrix(scaling), 1, 2 * rows_, from, inner_, to, inner_});
    }
  });
}

template class GroupTransform<float>;
template class GroupTransform<double>;

}  // namespace tessera::engine
