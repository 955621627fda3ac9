#include "tessera/io/dataset_check.hpp"

#include <algorithm>

#include "io/dataset_array.hpp"
#include "io/dataset_structure.hpp"
#include "io/packed.hpp"
#include "io/split_box.hpp"
#include "tessera/io/zarr_group.hpp"

namespace tessera {

namespace {

constexpr std::size_t kMostProblems = 1000;
/// Cells of an HDF5 array that are read at once.
constexpr Index kPieceCells = Index{1} << 23;

/// One array in pieces that are read one by one.
struct CheckedArray {
  std::string where;
  std::shared_ptr<const ArrayReader> reader;
  Index pieces;
  std::function<Box(Index piece)> box;
};

CheckedArray open_checked(const Dataset& dataset, const char* name, const Shape& sample) {
  CheckedArray array{
      "Dataset " + dataset.label() + ":" + name, dataset::open_array(dataset.path(), dataset.format(), name), 0, {}};
  if (dataset.format() == DatasetFormat::zarr) {
    const ZarrArray chunks = ZarrGroup::open(open_store(dataset.path())).open_array(name);
    const Shape grid = chunks.chunk_grid();
    array.pieces = volume(grid);
    array.box = [chunks, grid](Index piece) {
      Shape at(grid.size());
      for (std::size_t axis = at.size(); axis-- > 0; piece /= grid[axis]) at[axis] = piece % grid[axis];
      return chunks.chunk_box(at);
    };
  } else {
    const Shape shape = dataset::with_samples(dataset.sample_count(), sample);
    const std::vector<Box> pieces = split_box({Shape(shape.size(), 0), shape}, kPieceCells);
    array.pieces = std::ssize(pieces);
    array.box = [pieces](Index piece) { return pieces[static_cast<std::size_t>(piece)]; };
  }
  return array;
}

bool all_missing(const Box& box, const std::vector<Index>& missing) {
  const auto begin = std::lower_bound(missing.begin(), missing.end(), box.start[0]);
  return missing.end() - begin >= box.extent[0] && begin[box.extent[0] - 1] == box.start[0] + box.extent[0] - 1;
}

std::string why_incomplete(const Dataset& dataset) {
  const std::size_t count = dataset.missing_samples().size();
  if (count == 0) return "Dataset " + dataset.label() + ": expected a set marked complete, found one that is not";
  constexpr std::size_t kNamed = 10;
  std::string names;
  for (std::size_t i = 0; i < std::min(count, kNamed); ++i) {
    names += (i == 0 ? "" : ", ") + std::to_string(dataset.missing_samples()[i]);
  }
  return "Dataset " + dataset.label() + ": lacks " + std::to_string(count) + " of " +
         std::to_string(dataset.sample_count()) + " samples: " + names + (count > kNamed ? ", ..." : "");
}

/// What is wrong with a piece, or nothing.
std::string problem_of(const CheckedArray& array, const Box& box, std::vector<double>& values) {
  try {
    values.resize(static_cast<std::size_t>(box.volume()));
    array.reader->read(box, values.data());
    dataset::require_finite(array.where, box, values.data());
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

DatasetReport check_dataset(const std::string& path, const std::shared_ptr<const Communicator>& communicator,
                            const std::function<void(Index done, Index total)>& progress) {
  const Dataset dataset(path, communicator, {.unfinished = Unfinished::accepted});
  const Index ranks = communicator->size(), rank = communicator->rank();
  DatasetReport report;
  std::vector<std::string> own;
  communicator->together([&] {
    const CheckedArray arrays[] = {open_checked(dataset, dataset::kInput, dataset.input_shape()),
                                   open_checked(dataset, dataset::kOutput, dataset.output_shape())};
    const Index inputs = arrays[0].pieces;
    report.pieces = inputs + arrays[1].pieces;
    const Index total = report.pieces / ranks + (rank < report.pieces % ranks ? 1 : 0);
    std::vector<double> values;
    for (Index i = rank, done = 0; i < report.pieces && own.size() < kMostProblems; i += ranks) {
      const CheckedArray& array = arrays[i < inputs ? 0 : 1];
      const Box box = array.box(i < inputs ? i : i - inputs);
      if (!all_missing(box, dataset.missing_samples())) {
        if (std::string problem = problem_of(array, box, values); !problem.empty()) own.push_back(std::move(problem));
      }
      if (progress) progress(++done, total);
    }
  });
  if (!dataset.complete()) report.problems.push_back(why_incomplete(dataset));
  for (int root = 0; root < communicator->size(); ++root) {
    std::string bytes;
    if (root == rank) pack(bytes, own);
    bytes = communicator->broadcast(std::move(bytes), root);
    std::vector<std::string> found;
    Unpacker(bytes).unpack(found);
    report.problems.insert(report.problems.end(), found.begin(), found.end());
  }
  return report;
}

}  // namespace tessera
