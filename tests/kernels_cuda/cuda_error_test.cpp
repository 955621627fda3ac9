#include "src/core/backends/cuda_error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tessera/core/error.hpp"

namespace tessera::detail {
namespace {

TEST(CudaError, NamesTheCallTheErrorAndItsText) {
  EXPECT_NO_THROW(check_cuda(cudaSuccess, "cudaMemcpyAsync"));
  EXPECT_THAT([] { check_cuda(cudaErrorInvalidValue, "cudaMemcpyAsync"); },
              testing::ThrowsMessage<CudaError>("cudaMemcpyAsync: cudaErrorInvalidValue (invalid argument)"));
}

}  // namespace
}  // namespace tessera::detail
