#pragma once

/// \file
/// Samples of a data set as one batch. Private to the io room.

#include <exception>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "io/array_reader.hpp"
#include "io/dataset_structure.hpp"
#include "tessera/core/error.hpp"
#include "tessera/tensor/field.hpp"

namespace tessera::dataset {

/// Listed samples of an array as one batch. Rows are read by several threads where the array gains by it: who waits for
/// a server waits for all rows at once.
template <RealScalar T>
class BatchField final : public FieldReader<T> {
 public:
  BatchField(std::string where, std::shared_ptr<const ArrayReader> array, const Shape& sample,
             std::span<const Index> samples)
      : where_(std::move(where)),
        array_(std::move(array)),
        samples_(samples.begin(), samples.end()),
        shape_(with_samples(static_cast<Index>(samples.size()), sample)) {
    const std::size_t rows = std::min(samples.size(), kMostThreads);
    for (std::size_t row = 1; row < rows; ++row) {
      auto reader = array_->another(static_cast<Index>(rows - 1));
      if (reader) others_.push_back(std::move(reader));
    }
  }

  const Shape& shape() const override { return shape_; }

  void read(const Box& box, T* values) const override {
    if (box.empty()) return;
    if (!(intersect(box, {Shape(shape_.size(), 0), shape_}) == box)) {
      throw ShapeError(where_ + ": expected a box of " + to_string(shape_) + ", got " + to_string(box));
    }
    const std::size_t step = std::min(static_cast<std::size_t>(box.extent[0]), others_.size() + 1);
    std::vector<std::future<void>> done;
    for (std::size_t first = 1; first < step; ++first) {
      done.push_back(
          std::async(std::launch::async, [&, first] { read_rows(*others_[first - 1], box, first, step, values); }));
    }
    std::exception_ptr failure;
    const auto keep_first = [&](auto&& action) {
      try {
        action();
      } catch (...) {
        if (!failure) failure = std::current_exception();
      }
    };
    keep_first([&] { read_rows(*array_, box, 0, step, values); });
    for (std::future<void>& other : done) keep_first([&] { other.get(); });
    if (failure) std::rethrow_exception(failure);
  }

 private:
  static constexpr std::size_t kMostThreads = 8;

  Box row_of(const Box& box, std::size_t row) const {
    Box result = box;
    result.start[0] = samples_[static_cast<std::size_t>(box.start[0]) + row];
    result.extent[0] = 1;
    return result;
  }

  /// Every `step`-th row of the box from `first` on.
  void read_rows(const ArrayReader& array, const Box& box, std::size_t first, std::size_t step, T* values) const {
    for (std::size_t row = first; row < static_cast<std::size_t>(box.extent[0]); row += step) {
      const Box piece = row_of(box, row);
      T* target = values + static_cast<Index>(row) * piece.volume();
      array.read(piece, target);
      require_finite(where_, piece, target);
    }
  }

  std::string where_;
  std::shared_ptr<const ArrayReader> array_;
  /// For the rows that other threads read; empty where one thread reads all.
  std::vector<std::unique_ptr<const ArrayReader>> others_;
  std::vector<Index> samples_;
  Shape shape_;
};

}  // namespace tessera::dataset
