#include "tessera/io/model_checkpoint.hpp"

#include "tessera/core/error.hpp"

namespace tessera {

namespace {

constexpr const char* kFormat = "tessera model";
constexpr Index kVersion = 1;

const char* initialisation_name(Initialisation initialisation) {
  return initialisation == Initialisation::dfno ? "dfno" : "variance_preserving";
}

void write_model(CheckpointWriter& file, const FnoConfig& model) {
  file.set_attribute("in_channels", model.in_channels);
  file.set_attribute("out_channels", model.out_channels);
  file.set_attribute("grid", model.grid);
  file.set_attribute("in_steps", model.in_steps);
  file.set_attribute("modes", model.modes);
  file.set_attribute("width", model.width);
  file.set_attribute("hidden", model.hidden);
  file.set_attribute("blocks", model.blocks);
  file.set_attribute("schedule", std::string(schedule_name(model.schedule)));
  file.set_attribute("activations", std::string(activations_name(model.activations)));
  file.set_attribute("initialisation", std::string(initialisation_name(model.initialisation)));
}

FnoConfig read_model(const CheckpointReader& file) {
  FnoConfig model;
  model.in_channels = file.attribute<Index>("in_channels");
  model.out_channels = file.attribute<Index>("out_channels");
  model.grid = file.attribute<Shape>("grid");
  model.in_steps = file.attribute<Index>("in_steps");
  model.modes = file.attribute<Shape>("modes");
  model.width = file.attribute<Index>("width");
  model.hidden = file.attribute<Index>("hidden");
  model.blocks = file.attribute<Index>("blocks");
  model.schedule = schedule_from_name(file.attribute<std::string>("schedule"));
  if (file.has_attribute("activations")) {
    model.activations = activations_from_name(file.attribute<std::string>("activations"));
  }
  const bool dfno = file.attribute<std::string>("initialisation") == initialisation_name(Initialisation::dfno);
  model.initialisation = dfno ? Initialisation::dfno : Initialisation::variance_preserving;
  model.validate();
  return model;
}

void write_training(CheckpointWriter& file, const TrainingConfig& training) {
  const LearningRate& rate = training.learning_rate;
  file.set_attribute("batch_size", training.batch_size);
  file.set_attribute("loss", std::string(loss_name(training.loss)));
  file.set_attribute("beta1", training.beta1);
  file.set_attribute("beta2", training.beta2);
  file.set_attribute("weight_decay", training.weight_decay);
  file.set_attribute("gradient_clip", training.gradient_clip);
  // Two's complement: the attribute is signed, the seed is any 64 bits.
  file.set_attribute("shuffle_seed", static_cast<Index>(training.seed));
  file.set_attribute("learning_rate", rate.base);
  file.set_attribute("learning_rate_schedule", std::string(decay_name(rate.decay)));
  file.set_attribute("warmup_epochs", rate.warmup_epochs);
  file.set_attribute("step_epochs", rate.step_epochs);
  file.set_attribute("step_factor", rate.step_factor);
  file.set_attribute("final_learning_rate", rate.final_rate);
  file.set_attribute("epochs", rate.epochs);
}

TrainingConfig read_training(const CheckpointReader& file) {
  TrainingConfig training;
  LearningRate& rate = training.learning_rate;
  training.batch_size = file.attribute<Index>("batch_size");
  training.loss = loss_from_name(file.attribute<std::string>("loss"));
  training.beta1 = file.attribute<double>("beta1");
  training.beta2 = file.attribute<double>("beta2");
  training.weight_decay = file.attribute<double>("weight_decay");
  training.gradient_clip = file.attribute<double>("gradient_clip");
  training.seed = static_cast<std::uint64_t>(file.attribute<Index>("shuffle_seed"));
  rate.base = file.attribute<double>("learning_rate");
  rate.decay = decay_from_name(file.attribute<std::string>("learning_rate_schedule"));
  rate.warmup_epochs = file.attribute<double>("warmup_epochs");
  rate.step_epochs = file.attribute<double>("step_epochs");
  rate.step_factor = file.attribute<double>("step_factor");
  rate.final_rate = file.attribute<double>("final_learning_rate");
  rate.epochs = file.attribute<Index>("epochs");
  return training;
}

/// Opens a file and makes sure that it is ours before anything else is asked of it.
CheckpointReader open_checkpoint(const std::string& path, const std::shared_ptr<const Communicator>& communicator) {
  CheckpointReader file(path, communicator);
  const std::string found =
      file.has_attribute("format") ? file.attribute<std::string>("format") : "no format attribute";
  if (found != kFormat) throw IoError(path + ": expected a checkpoint (format '" + kFormat + "'), found " + found);
  const auto version = file.attribute<Index>("format_version");
  if (version != kVersion) {
    throw IoError(path + ": expected format_version " + std::to_string(kVersion) + ", found " +
                  std::to_string(version));
  }
  return file;
}

template <RealScalar T>
void read_parameters(const CheckpointReader& file, Fno<T>& model) {
  for (const ParameterRef<T>& ref : model.parameters()) {
    std::visit([&](auto* parameter) { file.read("parameter/" + parameter->name, parameter->value); }, ref);
  }
}

template <RealScalar T>
const std::shared_ptr<const Communicator>& communicator_of(const Fno<T>& model) {
  return model.partition().communicator();
}

}  // namespace

template <RealScalar T>
void save_checkpoint(const std::string& path, const ModelDescription& description, Fno<T>& model, Trainer<T>& trainer) {
  CheckpointWriter file(path, communicator_of(model));
  file.set_attribute("format", std::string(kFormat));
  file.set_attribute("format_version", kVersion);
  write_model(file, description.model);
  write_training(file, description.training);
  file.set_attribute("precision", std::string(scalar_name<T>()));
  file.set_attribute("input_mean", description.normalisers.input.mean);
  file.set_attribute("input_deviation", description.normalisers.input.deviation);
  file.set_attribute("output_mean", description.normalisers.output.mean);
  file.set_attribute("output_deviation", description.normalisers.output.deviation);
  if (!description.axis_names.empty()) file.set_attribute("axis_names", description.axis_names);
  if (!description.grid_spacing.empty()) file.set_attribute("grid_spacing", description.grid_spacing);
  file.set_attribute("best_score", description.best_score);
  file.set_attribute("epochs_done", trainer.epochs_done());
  file.set_attribute("optimiser_steps", trainer.optimiser().steps());
  for (const ParameterRef<T>& ref : model.parameters()) {
    std::visit([&](auto* parameter) { file.add("parameter/" + parameter->name, parameter->value); }, ref);
  }
  for (auto& any : trainer.optimiser().moments()) {
    std::visit(
        [&](auto& moments) {
          file.add("adam/first/" + moments.parameter->name, moments.first);
          file.add("adam/second/" + moments.parameter->name, moments.second);
        },
        any);
  }
  file.commit();
}

ModelDescription read_model_description(const std::string& path,
                                        const std::shared_ptr<const Communicator>& communicator) {
  const CheckpointReader file = open_checkpoint(path, communicator);
  ModelDescription description;
  description.model = read_model(file);
  description.training = read_training(file);
  description.normalisers.input = {file.attribute<std::vector<double>>("input_mean"),
                                   file.attribute<std::vector<double>>("input_deviation")};
  description.normalisers.output = {file.attribute<std::vector<double>>("output_mean"),
                                    file.attribute<std::vector<double>>("output_deviation")};
  description.epochs_done = file.attribute<Index>("epochs_done");
  description.best_score = file.attribute<double>("best_score");
  description.precision = file.attribute<std::string>("precision");
  if (file.has_attribute("axis_names")) description.axis_names = file.attribute<std::vector<std::string>>("axis_names");
  if (file.has_attribute("grid_spacing"))
    description.grid_spacing = file.attribute<std::vector<double>>("grid_spacing");
  return description;
}

template <RealScalar T>
void load_parameters(const std::string& path, Fno<T>& model) {
  read_parameters(open_checkpoint(path, communicator_of(model)), model);
}

template <RealScalar T>
void load_training_state(const std::string& path, Fno<T>& model, Trainer<T>& trainer) {
  const CheckpointReader file = open_checkpoint(path, communicator_of(model));
  read_parameters(file, model);
  for (auto& any : trainer.optimiser().moments()) {
    std::visit(
        [&](auto& moments) {
          file.read("adam/first/" + moments.parameter->name, moments.first);
          file.read("adam/second/" + moments.parameter->name, moments.second);
        },
        any);
  }
  trainer.optimiser().set_steps(file.attribute<Index>("optimiser_steps"));
  trainer.set_epochs_done(file.attribute<Index>("epochs_done"));
}

#define TESSERA_INSTANTIATE(T)                                                                         \
  template void save_checkpoint<T>(const std::string&, const ModelDescription&, Fno<T>&, Trainer<T>&); \
  template void load_parameters<T>(const std::string&, Fno<T>&);                                       \
  template void load_training_state<T>(const std::string&, Fno<T>&, Trainer<T>&);
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
