#pragma once

/// \file
/// Trained models and interrupted training runs on disk.
///
/// One HDF5 file: arrays parameter/<name>, adam/first/<name>, adam/second/<name> (global tensors, complex ones as
/// compounds {r, i}) and attributes for the model's configuration, the normalisers, the epoch, the optimiser's step
/// count, the learning-rate schedule and the seed of the shuffles. Written on one partition, read on any.

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "tessera/io/checkpoint_file.hpp"
#include "tessera/training/trainer.hpp"

namespace tessera {

/// What a checkpoint says beside its tensors: enough to build the model and to go on training.
struct ModelDescription {
  FnoConfig model;  ///< its activations are how the run was made; who loads it may choose others
  NormaliserPair normalisers;
  TrainingConfig training;  ///< as the run was configured, the shuffles' seed included
  Index epochs_done = 0;
  double best_score = std::numeric_limits<double>::infinity();  ///< lowest validation (else training) loss saved so far
  std::string precision;                                        ///< scalar_name of the weights
  std::vector<std::string> axis_names;                          ///< of the output's grid axes; may be empty
  std::vector<double> grid_spacing;                             ///< of the output's grid axes; may be empty
};

/// Writes model and optimiser beside the old file and renames (see CheckpointWriter). Collective.
/// Throws IoError; the file that was there before is then intact.
template <RealScalar T>
void save_checkpoint(const std::string& path, const ModelDescription& description, Fno<T>& model, Trainer<T>& trainer);

/// Collective. Throws IoError when the file is missing, damaged, or no checkpoint of a model.
ModelDescription read_model_description(const std::string& path,
                                        const std::shared_ptr<const Communicator>& communicator);

/// Fills the parameters of a model of the described configuration. Collective. Throws IoError naming what is missing.
template <RealScalar T>
void load_parameters(const std::string& path, Fno<T>& model);

/// Restores parameters, optimiser moments, step and epoch count, so that training goes on as if it had not stopped.
template <RealScalar T>
void load_training_state(const std::string& path, Fno<T>& model, Trainer<T>& trainer);

}  // namespace tessera
