/// Writes a data set and a checkpoint whose values tell their places; check_interchange_files.py reads them with h5py.
/// Usage: write_interchange_files <directory>

#include <complex>
#include <string>

#include "io/hdf5_test_support.hpp"
#include "tessera/comm/mpi_environment.hpp"
#include "tessera/io/checkpoint_file.hpp"
#include "tessera/io/dataset.hpp"

namespace tessera {
namespace {

using testing_support::fill_with_index;

void write_dataset(const std::string& path, const std::shared_ptr<const Communicator>& world) {
  const Index ranks = world->size();
  DatasetWriter writer(path, {3, {2, 5, 4}, {1, 5, 6}, {"x", "t"}, {0.5, 0.25}, {{"generator", "Grüße"}}}, world);
  DistTensor<float> input({{1, 2, 5, 4}, Partition(world, {1, 1, ranks})});
  DistTensor<float> output({{1, 1, 5, 6}, Partition(world, {1, 1, 1, ranks})});
  for (Index sample = 0; sample < 3; ++sample) {
    fill_with_index(input, sample * volume(input.shape()));
    fill_with_index(output, sample * volume(output.shape()));
    writer.write_sample(sample, input, output);
  }
  writer.close();
}

void write_checkpoint(const std::string& path, const std::shared_ptr<const Communicator>& world) {
  const TensorSpace space{{3, 5, 7}, Partition(world, {1, world->size()})};
  DistTensor<double> real(space);
  DistTensor<std::complex<float>> complex(space);
  fill_with_index(real);
  fill_with_index(complex);
  CheckpointWriter writer(path, world);
  writer.set_attribute("epoch", Index{12});
  writer.set_attribute("modes", Shape{4, 3});
  writer.set_attribute("model", "name = \"fno\"");
  writer.add("parameter/real", real);
  writer.add("parameter/complex", complex);
  writer.commit();
}

}  // namespace
}  // namespace tessera

namespace tessera::testing_support {
std::shared_ptr<const Communicator> world_communicator;
}

int main(int argc, char** argv) {
  return tessera::run_program(argc, argv, [&](const std::shared_ptr<const tessera::Communicator>& world) {
    if (argc != 2) throw tessera::ArgumentError("usage: write_interchange_files <directory>");
    const std::string directory = argv[1];
    tessera::write_dataset(directory + "/dataset.h5", world);
    tessera::write_checkpoint(directory + "/checkpoint.h5", world);
    return 0;
  });
}
