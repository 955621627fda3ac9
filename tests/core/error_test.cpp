#include "tessera/core/error.hpp"

#include <gtest/gtest.h>

namespace tessera {
namespace {

constexpr ErrorKind kKinds[] = {ErrorKind::argument, ErrorKind::shape,  ErrorKind::partition, ErrorKind::mpi,
                                ErrorKind::cuda,     ErrorKind::nccl,   ErrorKind::fft,       ErrorKind::io,
                                ErrorKind::config,   ErrorKind::numeric};

TEST(Error, KeepsKindAndMessage) {
  for (const ErrorKind kind : kKinds) {
    try {
      throw_error(kind, "what happened");
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind);
      EXPECT_STREQ(error.what(), "what happened");
    }
  }
}

TEST(Error, EveryKindHasItsClassAndName) {
  EXPECT_THROW(throw_error(ErrorKind::argument, ""), ArgumentError);
  EXPECT_THROW(throw_error(ErrorKind::shape, ""), ShapeError);
  EXPECT_THROW(throw_error(ErrorKind::partition, ""), PartitionError);
  EXPECT_THROW(throw_error(ErrorKind::mpi, ""), MpiError);
  EXPECT_THROW(throw_error(ErrorKind::cuda, ""), CudaError);
  EXPECT_THROW(throw_error(ErrorKind::nccl, ""), NcclError);
  EXPECT_THROW(throw_error(ErrorKind::fft, ""), FftError);
  EXPECT_THROW(throw_error(ErrorKind::io, ""), IoError);
  EXPECT_THROW(throw_error(ErrorKind::config, ""), ConfigError);
  EXPECT_THROW(throw_error(ErrorKind::numeric, ""), NumericError);
  EXPECT_STREQ(error_kind_name(ErrorKind::partition), "PartitionError");
  EXPECT_STREQ(error_kind_name(ErrorKind::numeric), "NumericError");
}

TEST(Error, IsAStandardException) { EXPECT_THROW(throw ShapeError("x"), std::runtime_error); }

}  // namespace
}  // namespace tessera
