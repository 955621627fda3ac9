#include "tessera/io/dataset_check.hpp"

#include <algorithm>

#include "io/chunk_walk.hpp"
#include "io/dataset_structure.hpp"
#include "io/hdf5_array_reader.hpp"
#include "io/packed.hpp"
#include "io/split_box.hpp"
#include "tessera/io/zarr_group.hpp"

namespace tessera {

namespace {

constexpr std::size_t kMostProblems = 1000;
/// Cells of an HDF5 array that are read at once.
constexpr Index kPieceCells = Index{1} << 23;

/// One array in pieces that are read one by one.
class CheckedArray {
 public:
  virtual ~CheckedArray() = default;
  virtual Index pieces() const = 0;
  virtual Box box(Index piece) const = 0;
  /// False where nothing was ever written.
  virtual bool read(Index piece, double* values) const = 0;
};

class CheckedZarrArray final : public CheckedArray {
 public:
  explicit CheckedZarrArray(ZarrArray array) : array_(std::move(array)), grid_(array_.chunk_grid()) {}
  Index pieces() const override { return volume(grid_); }
  Box box(Index piece) const override { return array_.chunk_box(place(piece)); }
  bool read(Index piece, double* values) const override {
    const Box cells = box(piece);
    array_.read_box(cells, values);
    return array_.has_chunk(place(piece));
  }

 private:
  Shape place(Index piece) const {
    Shape at(grid_.size());
    for (std::size_t axis = at.size(); axis-- > 0; piece /= grid_[axis]) at[axis] = piece % grid_[axis];
    return at;
  }

  ZarrArray array_;
  Shape grid_;
};

class CheckedHdf5Array final : public CheckedArray {
 public:
  CheckedHdf5Array(const std::string& path, const char* name, const Shape& shape)
      : array_(path, name), pieces_(split_box({Shape(shape.size(), 0), shape}, kPieceCells)) {}
  Index pieces() const override { return std::ssize(pieces_); }
  Box box(Index piece) const override { return pieces_[static_cast<std::size_t>(piece)]; }
  bool read(Index piece, double* values) const override {
    array_.read(box(piece), values);
    return true;
  }

 private:
  hdf5::Hdf5ArrayReader array_;
  std::vector<Box> pieces_;
};

std::unique_ptr<const CheckedArray> open_checked(const Dataset& dataset, const char* name, const Shape& sample) {
  if (dataset.format() == DatasetFormat::zarr) {
    return std::make_unique<CheckedZarrArray>(ZarrGroup::open(open_store(dataset.path())).open_array(name));
  }
  return std::make_unique<CheckedHdf5Array>(dataset.path(), name,
                                            dataset::with_samples(dataset.sample_count(), sample));
}

bool all_missing(const Box& box, const std::vector<Index>& missing) {
  const auto begin = std::lower_bound(missing.begin(), missing.end(), box.start[0]);
  return missing.end() - begin >= box.extent[0] && begin[box.extent[0] - 1] == box.start[0] + box.extent[0] - 1;
}

std::string why_incomplete(const Dataset& dataset) {
  const std::size_t count = dataset.missing_samples().size();
  if (count == 0) return "Dataset " + dataset.path() + ": expected a set marked complete, found one that is not";
  constexpr std::size_t kNamed = 10;
  std::string names;
  for (std::size_t i = 0; i < std::min(count, kNamed); ++i) {
    names += (i == 0 ? "" : ", ") + std::to_string(dataset.missing_samples()[i]);
  }
  return "Dataset " + dataset.path() + ": lacks " + std::to_string(count) + " of " +
         std::to_string(dataset.sample_count()) + " samples: " + names + (count > kNamed ? ", ..." : "");
}

/// What is wrong with a piece, or nothing.
std::string problem_of(const CheckedArray& array, Index piece, const std::string& where, std::vector<double>& values) {
  const Box box = array.box(piece);
  try {
    values.resize(static_cast<std::size_t>(box.volume()));
    if (!array.read(piece, values.data())) return where + ": the chunk of cells " + to_string(box) + " is missing";
    dataset::require_finite(where, box, values.data());
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

DatasetReport check_dataset(const std::string& path, const std::shared_ptr<const Communicator>& communicator,
                            const std::function<void(Index done, Index total)>& progress) {
  const Dataset dataset(path, communicator, Unfinished::accepted);
  const Index ranks = communicator->size(), rank = communicator->rank();
  DatasetReport report;
  std::vector<std::string> own;
  communicator->together([&] {
    const std::unique_ptr<const CheckedArray> arrays[] = {
        open_checked(dataset, dataset::kInput, dataset.input_shape()),
        open_checked(dataset, dataset::kOutput, dataset.output_shape())};
    const Index inputs = arrays[0]->pieces();
    report.pieces = inputs + arrays[1]->pieces();
    const Index total = report.pieces / ranks + (rank < report.pieces % ranks ? 1 : 0);
    std::vector<double> values;
    for (Index i = rank, done = 0; i < report.pieces && own.size() < kMostProblems; i += ranks) {
      const bool input = i < inputs;
      const CheckedArray& array = *arrays[input ? 0 : 1];
      const Index piece = input ? i : i - inputs;
      if (!all_missing(array.box(piece), dataset.missing_samples())) {
        const std::string where = "Dataset " + path + ":" + (input ? dataset::kInput : dataset::kOutput);
        if (std::string problem = problem_of(array, piece, where, values); !problem.empty())
          own.push_back(std::move(problem));
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
