#include "tessera/core/error.hpp"

namespace tessera {

const char* error_kind_name(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::argument: return "ArgumentError";
    case ErrorKind::shape: return "ShapeError";
    case ErrorKind::partition: return "PartitionError";
    case ErrorKind::mpi: return "MpiError";
    case ErrorKind::cuda: return "CudaError";
    case ErrorKind::nccl: return "NcclError";
    case ErrorKind::fft: return "FftError";
    case ErrorKind::io: return "IoError";
    case ErrorKind::config: return "ConfigError";
    case ErrorKind::numeric: return "NumericError";
  }
  return "Error";
}

Error::Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}

void throw_error(ErrorKind kind, const std::string& message) {
  switch (kind) {
    case ErrorKind::argument: throw ArgumentError(message);
    case ErrorKind::shape: throw ShapeError(message);
    case ErrorKind::partition: throw PartitionError(message);
    case ErrorKind::mpi: throw MpiError(message);
    case ErrorKind::cuda: throw CudaError(message);
    case ErrorKind::nccl: throw NcclError(message);
    case ErrorKind::fft: throw FftError(message);
    case ErrorKind::io: throw IoError(message);
    case ErrorKind::config: throw ConfigError(message);
    case ErrorKind::numeric: throw NumericError(message);
  }
  throw Error(kind, message);
}

}  // namespace tessera
