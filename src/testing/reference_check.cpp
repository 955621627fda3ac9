#include "tessera/testing/reference_check.hpp"

#include <algorithm>
#include <cmath>

#include "tessera/core/error.hpp"
#include "tessera/io/hdf5_file.hpp"
#include "tessera/tensor/algebra.hpp"

namespace tessera {

namespace {

constexpr std::uint64_t kAnySeed = 0;

ReferenceModel read_model(const Hdf5File& file) {
  ReferenceModel model{{}, file.read_attribute<Index>("batch")};
  FnoConfig& config = model.config;
  config.in_channels = file.read_attribute<Index>("in_channels");
  config.out_channels = file.read_attribute<Index>("out_channels");
  config.grid = file.read_attribute<Shape>("grid");
  config.in_steps = file.has_attribute("in_steps") ? file.read_attribute<Index>("in_steps") : 0;
  config.modes = file.read_attribute<Shape>("modes");
  config.width = file.read_attribute<Index>("width");
  config.hidden = file.read_attribute<Index>("hidden");
  config.blocks = file.read_attribute<Index>("blocks");
  config.validate();
  if (model.batch < 1)
    throw IoError(file.path() + ": expected a batch of at least 1, found " + std::to_string(model.batch));
  return model;
}

template <class S>
DistTensor<S> read_array(const Hdf5File& file, const std::string& name, const TensorSpace& space) {
  DistTensor<S> tensor(space);
  file.read_tile(name, tensor);
  return tensor;
}

/// |a - b| / |b| for the array called `name`; |a| where the reference is zero.
template <class S>
double relative_error(const Hdf5File& file, const std::string& name, const DistTensor<S>& computed) {
  DistTensor<S> difference = read_array<S>(file, name, computed.space());
  const double reference = norm(difference);
  scale(-1.0, difference);
  axpy(1.0, computed, difference);
  const double error = norm(difference);
  return reference > 0.0 ? error / reference : error;
}

}  // namespace

ReferenceModel read_reference_model(const std::string& path, const std::shared_ptr<const Communicator>& communicator) {
  Hdf5File file = Hdf5File::open(path, communicator);
  return read_model(file);
}

template <RealScalar T>
ReferenceReport check_reference(const std::string& path, const std::shared_ptr<const Communicator>& communicator,
                                const Shape& partition, Schedule schedule) {
  Hdf5File file = Hdf5File::open(path, communicator);
  ReferenceModel reference = read_model(file);
  reference.config.schedule = schedule;
  Fno<T> model(reference.config, Partition(communicator, partition), kAnySeed);
  const ParameterList<T> parameters = model.parameters();
  for (const auto& ref : parameters) {
    std::visit([&](auto* parameter) { file.read_tile("parameter/" + parameter->name, parameter->value); }, ref);
  }

  Tape tape;
  const Variable<T> input = tape.leaf(read_array<T>(file, "input", model.input_space(reference.batch)));
  const Variable<T> output = model(input);
  DistTensor<T> residual = read_array<T>(file, "target", output.space());
  scale(-1.0, residual);
  axpy(1.0, output.value(), residual);
  const double loss = 0.5 * inner_product(residual, residual);
  tape.backward(output, std::move(residual));

  ReferenceReport report;
  report.output = relative_error(file, "output", output.value());
  const auto reference_loss = file.read_attribute<double>("loss");
  report.loss = std::abs(loss - reference_loss) / (reference_loss != 0.0 ? std::abs(reference_loss) : 1.0);
  report.gradients["input"] = relative_error(file, "gradient/input", input.gradient());
  for (const auto& ref : parameters) {
    std::visit(
        [&](auto* parameter) {
          report.gradients[parameter->name] = relative_error(file, "gradient/" + parameter->name, parameter->gradient);
        },
        ref);
  }
  report.max = std::max(report.output, report.loss);
  for (const auto& [name, error] : report.gradients) {
    // A NaN must not hide behind std::max.
    if (!(error <= report.max)) report.max = error;
  }
  return report;
}

template ReferenceReport check_reference<float>(const std::string&, const std::shared_ptr<const Communicator>&,
                                                const Shape&, Schedule);
template ReferenceReport check_reference<double>(const std::string&, const std::shared_ptr<const Communicator>&,
                                                 const Shape&, Schedule);

}  // namespace tessera
