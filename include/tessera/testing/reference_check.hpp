#pragma once

/// \file
/// Comparison of an Fno with a reference computed elsewhere.

#include <map>
#include <memory>
#include <string>

#include "tessera/models/fno.hpp"

namespace tessera {

/// Relative errors in the 2-norm against a reference file.
struct ReferenceReport {
  double output = 0.0;
  double loss = 0.0;
  std::map<std::string, double> gradients;  ///< by parameter name, and "input"
  double max = 0.0;                         ///< the largest of all of them
};

/// Reads a reference file, runs forward and backward on `partition` (one entry for batch, channel and each grid axis)
/// and compares output, loss and every gradient.
///
/// File: HDF5 with attributes batch, in_channels, out_channels, grid, in_steps, modes, width, hidden, blocks, loss and
/// arrays input, target, output, parameter/<name>, gradient/input, gradient/<name> for the parameter names of Fno;
/// complex arrays as compounds {r, i}. The loss is 0.5 sum (output - target)^2; complex gradients are
/// dL/dRe + i dL/dIm. examples/export_reference.py writes such a file from a PyTorch model.
///
/// Collective. Throws IoError for a file that is not of this form, ShapeError where extents contradict each other,
/// PartitionError when the partition does not fit. T is the precision computed in.
template <RealScalar T>
ReferenceReport check_reference(const std::string& path, const std::shared_ptr<const Communicator>& communicator,
                                const Shape& partition, Schedule schedule = Schedule::exchange);

/// The model a reference file describes, and its batch.
struct ReferenceModel {
  FnoConfig config;
  Index batch;
};
ReferenceModel read_reference_model(const std::string& path, const std::shared_ptr<const Communicator>& communicator);

}  // namespace tessera
