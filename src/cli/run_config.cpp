#include "run_config.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tessera/comm/placement.hpp"
#include "tessera/core/error.hpp"
#include "tessera/models/choose_partition.hpp"

namespace tessera::cli {

namespace {

void add_shared_keys(Settings& settings, RunConfig& config) {
  settings.add("run", "output", config.output, "folder for everything the run writes");
  settings.add("run", "seed", config.seed, "seed of initial weights and shuffles");
  settings.add("run", "precision", config.precision, "floating-point type of weights and activations",
               {{"float32", Precision::float32}, {"float64", Precision::float64}});
  settings.add(
      "run", "partition", config.partition,
      "ranks per axis: batch, channel, then each grid axis (time last), for example 1,1,2,1,1,1; empty: chosen",
      each(at_least(1)));
  settings.add("run", "threads", config.threads,
               "threads of every rank; 0: OMP_NUM_THREADS if set, else the rank's share of its node's cores",
               at_least(0));
  settings.add("run", "device", config.device, "what every rank computes on: the CPU, or an NVIDIA GPU (cuda)",
               {{"cpu", DeviceKind::cpu}, {"cuda", DeviceKind::cuda}});
  settings.add("run", "backend", config.backend,
               "how data on GPUs travels between ranks; auto: nccl where every rank has a GPU of its own, else mpi",
               {{"auto", DeviceBackend::automatic}, {"mpi", DeviceBackend::mpi}, {"nccl", DeviceBackend::nccl}});
  settings.add("data", "train", config.train_file,
               "data set of the training samples: HDF5 file, Zarr group in a folder or below a URL, or description");
  settings.add("data", "valid", config.valid_file, "data set of the samples watched during training; empty: none");
  settings.add("data", "test", config.test_file, "data set of the held-out samples");
  settings.add("data", "cache", config.cache,
               "folder on a disk of every node that keeps chunks of Zarr sets for the next epoch and the next run; "
               "empty: none");
  settings.add("data", "cache_limit", config.cache_limit,
               "GiB that the cache may take on a node; 0: half of what is free there", at_least(0));
}

void add_model_keys(Settings& settings, FnoConfig& model) {
  settings.add("model", "width", model.width, "channels of the Fourier blocks", at_least(1));
  settings.add("model", "hidden", model.hidden, "channels of the projection's hidden layer", at_least(1));
  settings.add("model", "blocks", model.blocks, "number of Fourier blocks", at_least(1));
  settings.add("model", "modes", model.modes,
               "kept Fourier modes per grid axis, for example 6,4,4,3; empty: a quarter of each axis",
               each(at_least(1)));
  settings.add("model", "schedule", model.schedule, "how distributed axes are transformed",
               {{"automatic", Schedule::automatic},
                {"exchange", Schedule::exchange},
                {"partial_sums", Schedule::partial_sums},
                {"grady", Schedule::grady},
                {"witte", Schedule::witte}});
  settings.add("model", "activations", model.activations,
               "what of the grid is kept for the backward pass: every block's (fastest), one block's, or nothing, with "
               "samples read and predictions written tile by tile",
               {{"all", Activations::all}, {"one", Activations::one}, {"none", Activations::none}});
  settings.add("model", "activation_type", model.activation_type,
               "type of what is kept; bfloat16 takes half of the memory, and a CUDA device and precision float32",
               {{"float32", ActivationType::float32}, {"bfloat16", ActivationType::bfloat16}});
  settings.add(
      "model", "products", model.products,
      "how channels are multiplied; tensor_float32: by tensor cores of a CUDA device, with 10 bits of fraction, "
      "in precision float32",
      {{"full", ProductPrecision::full}, {"tensor_float32", ProductPrecision::tensor_float32}});
  settings.add("model", "initialisation", model.initialisation, "how initial spectral weights are drawn",
               {{"variance_preserving", Initialisation::variance_preserving}, {"dfno", Initialisation::dfno}});
}

void add_training_keys(Settings& settings, RunConfig& config) {
  TrainingConfig& training = config.training;
  LearningRate& rate = training.learning_rate;
  settings.add("training", "epochs", rate.epochs, "passes over the training samples", at_least(1));
  settings.add("training", "batch_size", training.batch_size, "samples per optimiser step, over all ranks",
               at_least(1));
  settings.add("training", "learning_rate", rate.base, "learning rate after the warm-up", more_than(0));
  settings.add("training", "optimiser", config.optimiser, "adamw is Adam with decoupled weight decay",
               {{"adam", Optimiser::adam}, {"adamw", Optimiser::adamw}});
  settings.add("training", "weight_decay", training.weight_decay, "weight decay per unit learning rate (adamw)",
               at_least(0));
  settings.add("training", "learning_rate_schedule", rate.decay, "how the learning rate falls after the warm-up",
               {{"constant", Decay::constant}, {"step", Decay::step}, {"cosine", Decay::cosine}});
  settings.add("training", "warmup_epochs", rate.warmup_epochs, "epochs of linear warm-up", at_least(0));
  settings.add("training", "step_epochs", rate.step_epochs, "epochs between two steps (step)", more_than(0));
  settings.add("training", "step_factor", rate.step_factor, "factor on the learning rate at each step (step)",
               both(more_than(0), at_most(1)));
  settings.add("training", "final_learning_rate", rate.final_rate, "learning rate at the end of the run (cosine)",
               at_least(0));
  settings.add("training", "gradient_clip", training.gradient_clip,
               "largest 2-norm of all gradients together; 0: not clipped", at_least(0));
  settings.add("training", "loss", training.loss, "training loss, in normalised units",
               {{"relative_l2", Loss::relative_l2}, {"mse", Loss::mse}});
  settings.add("training", "normalise", config.normalise,
               "scaling of inputs and outputs, fitted on the training samples",
               {{"standard", Normalisation::standard}, {"none", Normalisation::none}});
  settings.add("training", "checkpoint_every", config.checkpoint_every, "epochs between two checkpoints", at_least(1));
}

}  // namespace

void RunConfig::complete() {
  training.seed = seed;
  if (optimiser == Optimiser::adam && training.weight_decay > 0) {
    throw ConfigError("training.weight_decay: expected 0 with training.optimiser adam, found " +
                      std::to_string(training.weight_decay) + " (adamw decays weights)");
  }
}

void add_run_settings(Settings& settings, RunConfig& config) {
  add_shared_keys(settings, config);
  add_model_keys(settings, config.model);
  add_training_keys(settings, config);
}

FnoConfig model_for(const RunConfig& config, const Shape& input, const Shape& output) {
  const bool fits = input.size() == output.size() && input.size() >= 2 &&
                    std::equal(input.begin() + 1, input.end() - 1, output.begin() + 1);
  if (!fits) {
    throw ShapeError("model_for: expected samples [channel, space..., steps] of equal space axes, found input " +
                     to_string(input) + " and output " + to_string(output));
  }
  FnoConfig model = config.model;
  model.in_channels = input.front();
  model.out_channels = output.front();
  model.grid.assign(output.begin() + 1, output.end());
  model.in_steps = input.back() == output.back() ? 0 : input.back();
  if (model.modes.empty()) model.modes = default_modes(model.grid);
  model.validate();
  return model;
}

Shape partition_for(const RunConfig& config, const FnoConfig& model, int ranks) {
  if (config.partition.empty()) return choose_partition(ranks, model, config.training.batch_size);
  const std::size_t axes = model.grid.size() + 2;
  if (config.partition.size() != axes || volume(config.partition) != ranks) {
    throw PartitionError("partition: expected " + std::to_string(axes) + " entries (batch, channel and " +
                         std::to_string(model.grid.size()) + " grid axes) whose product is the number of ranks, " +
                         std::to_string(ranks) + ", found " + to_string(config.partition));
  }
  return config.partition;
}

std::shared_ptr<const Communicator> set_up_ranks(const RunConfig& config,
                                                 const std::shared_ptr<const Communicator>& world) {
  const auto warning = place_threads(*world, config.threads);
  if (warning) fmt::print(stderr, "warning: {}\n", *warning);
  if (config.device == DeviceKind::cpu) return world;
  const int local_rank = node_of(*world).rank();
  Device device;
  world->together([&] { device = Device::cuda(local_rank); });
  return std::make_shared<const Communicator>(world->on(device, config.backend));
}

std::string describe_device(const Communicator& ranks) {
  if (!ranks.device().is_cuda()) return "cpu";
  const std::string name = fmt::format("cuda, {}", current_device().name);
  if (ranks.size() == 1) return name;
  const DeviceChoice& choice = *ranks.device_choice();
  return fmt::format("{}; data travels by {}: {}", name, to_string(choice.route), choice.reason);
}

Shape default_modes(const Shape& grid) {
  Shape modes;
  for (const Index cells : grid) modes.push_back(std::max<Index>(cells / 4, 1));
  return modes;
}

}  // namespace tessera::cli
