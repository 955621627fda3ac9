#pragma once

/// \file
/// Shared by the tests of files: a directory that comes and goes, tensors whose values tell where they belong, and
/// errors that every rank must see.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <complex>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "support/mpi_fixture.hpp"
#include "tessera/tensor/dist_tensor.hpp"

namespace tessera::testing_support {

/// A fresh directory, known to all ranks and removed at the end. Collective.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "tessera_test_XXXXXX").string();
    if (world()->rank() == 0 && mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary directory";
    path_ = world()->broadcast(name, 0);
  }
  ~TemporaryDirectory() {
    world()->barrier();
    std::error_code ignored;
    if (world()->rank() == 0) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// Runs `action` on rank 0; the others wait for it.
inline void on_rank_zero(const std::function<void()>& action) {
  if (world()->rank() == 0) action();
  world()->barrier();
}

/// Limits the size of files this process writes, for a while.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_ = {};
};

/// A number that tells its place in the global tensor, exact in float.
template <Scalar T>
T index_value(Index offset) {
  const auto real = static_cast<RealPart<T>>(offset) + RealPart<T>(0.5);
  if constexpr (ComplexScalar<T>) {
    return {real, -2 * real};
  } else {
    return real;
  }
}

template <class T>
void fill_with_index(DistTensor<T>& tensor, Index first = 0) {
  for_each_row(tensor.shape(), tensor.box(), [&](Index global, Index local, Index length) {
    for (Index i = 0; i < length; ++i) tensor.data()[local + i] = index_value<T>(first + global + i);
  });
}

/// Number of cells of this rank's tile that do not hold index_value of their place.
template <class T>
Index misplaced(const DistTensor<T>& tensor, Index first = 0) {
  Index wrong = 0;
  for_each_row(tensor.shape(), tensor.box(), [&](Index global, Index local, Index length) {
    for (Index i = 0; i < length; ++i) wrong += tensor.data()[local + i] == index_value<T>(first + global + i) ? 0 : 1;
  });
  return wrong;
}

/// Partitions of a tensor of three axes on this program's ranks: slabs along each axis, a grid, copies, one rank only,
/// ranks in reverse.
inline std::vector<Partition> partitions_of_three_axes(const std::shared_ptr<const Communicator>& communicator) {
  const int size = communicator->size();
  const Index half = size % 2 == 0 ? size / 2 : size;
  std::vector<int> reversed;
  for (int rank = size; rank-- > 0;) reversed.push_back(rank);
  return {Partition(communicator, {size, 1, 1}),
          Partition(communicator, {1, size, 1}, reversed),
          Partition(communicator, {1, 1, size}),
          Partition(communicator, {1, size / half, half}),
          Partition(communicator, RankGrid({size / half, half}, {RankGrid::kReplicate, 1})),
          Partition(communicator, RankGrid({size}, {RankGrid::kReplicate})),
          Partition(communicator, {1, 1, 1}, {size - 1})};
}

/// Expects an error of type E, whose message holds all of `parts`, on every rank.
template <class E>
void expect_error(const std::function<void()>& action, const std::vector<std::string>& parts) {
  try {
    action();
    ADD_FAILURE() << "no error; expected one with '" << testing::PrintToString(parts) << "'";
  } catch (const E& error) {
    for (const std::string& part : parts) EXPECT_THAT(error.what(), testing::HasSubstr(part));
  } catch (const std::exception& error) {
    ADD_FAILURE() << "an error of another type: " << error.what();
  }
}

}  // namespace tessera::testing_support
