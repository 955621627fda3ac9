#pragma once

/// \file
/// The library's exceptions. Every failure is reported as a tessera::Error (or one of its kinds) whose message names
/// the operation, what was expected and what was found.

#include <stdexcept>
#include <string>

namespace tessera {

/// What went wrong, as a category a program can act on.
enum class ErrorKind { argument, shape, partition, mpi, cuda, nccl, fft, io, config, numeric };

/// Name of an error kind as it appears in messages, for example "ShapeError".
const char* error_kind_name(ErrorKind kind) noexcept;

/// Base of all exceptions thrown by the library.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message);

  ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

/// Throws the kind-specific class below, so that an error received from another rank keeps its type.
[[noreturn]] void throw_error(ErrorKind kind, const std::string& message);

namespace detail {
template <ErrorKind Kind>
class ErrorOf : public Error {
 public:
  explicit ErrorOf(const std::string& message) : Error(Kind, message) {}
};
}  // namespace detail

using ArgumentError = detail::ErrorOf<ErrorKind::argument>;    ///< a value no call should pass
using ShapeError = detail::ErrorOf<ErrorKind::shape>;          ///< extents that do not fit together
using PartitionError = detail::ErrorOf<ErrorKind::partition>;  ///< a rank grid that does not fit its communicator
using MpiError = detail::ErrorOf<ErrorKind::mpi>;              ///< MPI reported a failure
using CudaError = detail::ErrorOf<ErrorKind::cuda>;            ///< the CUDA runtime reported a failure
using NcclError = detail::ErrorOf<ErrorKind::nccl>;            ///< NCCL reported a failure
using FftError = detail::ErrorOf<ErrorKind::fft>;              ///< a transform that cannot be planned
using IoError = detail::ErrorOf<ErrorKind::io>;                ///< a file that cannot be read or written
using ConfigError = detail::ErrorOf<ErrorKind::config>;        ///< a configuration key or value that is not understood
using NumericError = detail::ErrorOf<ErrorKind::numeric>;      ///< NaN or infinity where a number was expected

}  // namespace tessera
