#pragma once

/// \file
/// What commands that start from a checkpoint share: its precision, and its model on this run's ranks.

#include <memory>
#include <string>

#include "commands.hpp"
#include "run_config.hpp"
#include "tessera/io/model_checkpoint.hpp"

namespace tessera::cli {

/// Whether the weights of a checkpoint are single-precision numbers: what uses them computes alike. Collective.
inline bool is_single_precision(const std::string& checkpoint, const World& world) {
  return read_model_description(checkpoint, world).precision == scalar_name<float>();
}

template <RealScalar T>
struct TrainedModel {
  ModelDescription description;
  std::unique_ptr<Fno<T>> model;
};

/// How a model is computed is up to each run: how much of the grid is kept is what it asks for, else what the
/// checkpoint's run did; in which type, and how products are made, are not in checkpoints.
inline void adopt_run_choices(const Settings& settings, const RunConfig& config, FnoConfig& model) {
  model.activation_type = config.model.activation_type;
  model.products = config.model.products;
  if (settings.given("model.activations")) model.activations = config.model.activations;
}

/// Throws IoError for a file that is no checkpoint, PartitionError for a partition that does not fit.
template <RealScalar T>
TrainedModel<T> load_trained_model(const std::string& checkpoint, const Settings& settings, const RunConfig& config,
                                   const World& world) {
  TrainedModel<T> result{read_model_description(checkpoint, world), nullptr};
  adopt_run_choices(settings, config, result.description.model);
  const FnoConfig& model = result.description.model;
  const Partition partition(world, partition_for(config, model, world->size()));
  result.model = std::make_unique<Fno<T>>(model, partition, config.seed);
  load_parameters(checkpoint, *result.model);
  return result;
}

}  // namespace tessera::cli
