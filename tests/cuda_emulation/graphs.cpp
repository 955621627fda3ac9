#include "errors.hpp"
#include "work_queue.hpp"

struct CUgraph_st {
  std::shared_ptr<const tessera::emulation::Recording> recording;
};

struct CUgraphExec_st {
  std::shared_ptr<const tessera::emulation::Recording> recording;
};

using namespace tessera::emulation;

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  if (recording_of(stream) != nullptr) return remember(cudaErrorStreamCaptureUnmatched);
  stream->recording = std::make_shared<Recording>();
  stream->is_origin = true;
  stream->known.clear();
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const auto recording = recording_of(stream);
  if (recording == nullptr || !stream->is_origin) return remember(cudaErrorStreamCaptureUnmatched);
  recording->ended = true;
  stream->is_origin = false;
  if (stream->known != recording->pieces) return remember(cudaErrorStreamCaptureUnjoined);
  *graph = new CUgraph_st{recording};
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  *executable = new CUgraphExec_st{graph->recording};
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  put(stream, [recording = executable->recording] {
    for (const Work& work : recording->work) work();
  });
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  delete executable;
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
