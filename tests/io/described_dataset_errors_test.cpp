#include "io/described_dataset_support.hpp"
#include "io/sample_pattern.hpp"
#include "tessera/io/dataset.hpp"

namespace tessera {
namespace {

using testing_support::expect_error;
using testing_support::kBurgers;
using testing_support::on_rank_zero;
using testing_support::self;
using testing_support::TemporaryDirectory;
using testing_support::world;
using testing_support::write_array;
using testing_support::write_burgers;
using testing_support::write_text;

/// The description of the Burgers file with `from` replaced by `to`.
std::string changed(const std::string& from, const std::string& to) {
  std::string text = kBurgers;
  return text.replace(text.find(from), from.size(), to);
}

template <class E>
void expect_refused(const TemporaryDirectory& directory, const std::string& text,
                    const std::vector<std::string>& parts) {
  on_rank_zero([&] { write_text(directory.file("burgers.toml"), text); });
  std::vector<std::string> all = parts;
  all.emplace_back("burgers.toml");
  expect_error<E>([&] { const Dataset dataset(directory.file("burgers.toml"), world()); }, all);
  world()->barrier();
}

TEST(DescribedDataset, SaysWhatItDoesNotUnderstand) {
  const TemporaryDirectory directory;
  write_burgers(directory);
  const auto refused = [&](const std::string& from, const std::string& to, const std::vector<std::string>& parts) {
    expect_refused<ConfigError>(directory, changed(from, to), parts);
  };
  refused("t = [0, 3]", "t = [0, 3", {"burgers.toml:8"});
  refused("t = [0, 3]", "time = [0, 3]", {"burgers.toml:7: unknown key input.time; expected one of array"});
  refused("file", "files", {":2: unknown key files", "grid_spacing"});
  refused("file = \"burgers.hdf5\"", "", {"file: expected the name of an HDF5 file, found none"});
  refused("\"burgers.hdf5\"", "7", {":2: file: expected a name, found 7"});
  refused("[input]", "[output.x]", {"[input]: expected a section, found none"});
  refused("array = \"tensor\"", "", {"input.array: expected the name of an array, found none"});
  refused("array = \"tensor\"", "arrays = []", {":5: input.arrays: expected a list of names"});
  refused("array = \"tensor\"", "array = 'a'\narrays = ['b']", {"input.arrays: expected array or arrays, not both"});
  refused("axes = [\"sample\", \"t\", \"x\"]", "", {"input.axes: expected some of 'sample'", "found none"});
  refused("\"x\"]", "\"w\"]", {"input.axes: expected some of 'sample'", "'w'"});
  refused("\"x\"]", "\"t\"]", {"input.axes: expected some of 'sample'", "each once"});
  refused("\"x\"]", "\"x\", \"y\"]", {"output.axes: expected an axis 'y'"});
  refused("[\"sample\", ", "[", {"input.axes: expected 'sample', or a {sample} in the array's name", "'tensor'"});
  refused("\"tensor\"", "\"{sample}\"", {"input.axes: expected no 'sample'", "'{sample}'"});
  for (const char* range : {"[3, 3]", "[-1, 3]", "[0]", "[0, 3, 0]", "[0, 1, 2, 3]", "[0.5, 3]", "3", "{}"}) {
    refused("[0, 3]", range, {"input.t: expected [start, stop] or [start, stop, step]"});
  }
  refused("t = [0, 3]", "y = [0, 3]", {"input.y: expected a range of an axis that input.axes lists, found [ 0, 3 ]"});
  refused("[input]", "y = [0, 3]\n[input]", {"y: expected a range of an axis that an array has"});
  refused("[input]", "samples = 4\n[input]", {"samples: expected [start, stop]"});
  refused("[0.5, 0.01]", "[0.5]", {"grid_spacing: expected a list of 2 numbers, one per grid axis"});
  refused("[0.5, 0.01]", "[0.5, 'a']", {"grid_spacing: expected a list of 2 numbers, one per grid axis"});
}

TEST(DescribedDataset, SaysWhatTheFileLacks) {
  const TemporaryDirectory directory;
  write_burgers(directory);
  on_rank_zero([&] {
    Hdf5File file = Hdf5File::create(directory.file("other.h5"), self());
    write_array<float>(file, "a", {"sample", "t", "x"}, {5, 11, 8});
    write_array<float>(file, "fewer", {"sample", "t", "x"}, {4, 11, 8});
    write_array<float>(file, "coarse", {"sample", "t", "x"}, {5, 11, 4});
    write_array<std::complex<float>>(file, "complex", {"sample", "t", "x"}, {5, 11, 8});
    for (const char* name : {"one/0", "one/1", "two/1", "two/2"}) write_array<float>(file, name, {"t", "x"}, {11, 8});
    file.close();
  });
  const auto refused = [&](const std::string& from, const std::string& to, const std::vector<std::string>& parts) {
    expect_refused<IoError>(directory, changed(from, to), parts);
  };
  refused("burgers.hdf5", "absent.h5", {"file: ", "absent.h5"});
  refused("tensor", "nu", {"input.array: ", "burgers.hdf5:nu", "no object of that name"});
  refused("\"t\", \"x\"]", "\"t\", \"x\", \"channel\"]",
          {"input.axes: expected as many axes", "4 listed and shape [5, 11, 8]"});
  refused("[3, 11]", "[3, 12]", {"output.t: expected a range within 0..11, found [3, 12] with 11 cells"});
  refused("[input]", "samples = [5, 9]\n[input]", {"toml: samples: expected a range within 0..5, found [5, 9]"});
  const auto arrays = [](const std::string& input, const std::string& output, const std::string& axes) {
    return "file = 'other.h5'\naxes = [" + axes + "]\n[input]\narrays = [" + input + "]\n[output]\narrays = [" +
           output + "]\n";
  };
  const std::string axes = "'sample', 't', 'x'";
  const auto refused_pair = [&](const std::string& text, const std::vector<std::string>& parts) {
    expect_refused<IoError>(directory, text, parts);
  };
  refused_pair(arrays("'a'", "'fewer'", axes), {"output.array: expected 5 samples", "found 4"});
  refused_pair(arrays("'a'", "'coarse'", axes), {"output.x: expected 8 cells", "found 4"});
  refused_pair(arrays("'a', 'coarse'", "'a'", axes), {"input.arrays: expected arrays of shape [5, 11, 8]", "'coarse'"});
  refused_pair(arrays("'a'", "'complex'", axes), {"output.array: expected float32 or float64, found complex64"});
  refused_pair(arrays("'one/{sample}'", "'two/{sample}'", "'t', 'x'"), {"samples of the same numbers"});
  refused_pair(arrays("'none/{sample}'", "'two/{sample}'", "'t', 'x'"), {"samples named 'none/{sample}'"});
}

TEST(SamplePattern, FindsNumbersInNames) {
  using dataset::find_sample_pattern;
  EXPECT_FALSE(find_sample_pattern("tensor"));
  EXPECT_FALSE(find_sample_pattern("{sample"));
  EXPECT_FALSE(find_sample_pattern("{sample:4}"));
  EXPECT_FALSE(find_sample_pattern("{sample:099999}"));
  const auto plain = find_sample_pattern("runs/seed={sample}.v1/u/data");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->group(), "runs");
  EXPECT_EQ(plain->name(12), "runs/seed=12.v1/u/data");
  EXPECT_EQ(plain->numbers({"seed=10.v1", "seed=9.v1", "seed=9.v2", "seed=07.v1", "seed=-1.v1", "seed=", "other"}),
            (std::vector<Index>{9, 10}));
  const auto padded = find_sample_pattern("{sample:04}/data");
  ASSERT_TRUE(padded);
  EXPECT_EQ(padded->group(), "/");
  EXPECT_EQ(padded->name(7), "0007/data");
  EXPECT_EQ(padded->name(12345), "12345/data");
  EXPECT_EQ(padded->numbers({"0010", "0002", "2", "12345", "99999999999999999999"}),
            (std::vector<Index>{2, 10, 12345}));
}

}  // namespace
}  // namespace tessera
