#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <optional>

#include "batch/batch_folder.hpp"
#include "core/content_hash.hpp"
#include "core/descriptor.hpp"
#include "core/files.hpp"
#include "tessera/comm/mpi_environment.hpp"
#include "tessera/core/threads.hpp"

namespace tessera::batch {

MappedBytes::MappedBytes(const std::string& path) {
  const auto fail = [&] { throw IoError(path + ": cannot be read: " + std::strerror(errno)); };
  const Descriptor file = Descriptor::open(path, O_RDONLY);
  struct stat status = {};
  if (!file.valid() || ::fstat(file.get(), &status) != 0) fail();
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return;
  void* memory = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) fail();
  bytes_ = {static_cast<const char*>(memory), size};
}

MappedBytes::MappedBytes(MappedBytes&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedBytes& MappedBytes::operator=(MappedBytes&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedBytes::~MappedBytes() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

TaskContext::TaskContext(const BatchFolder& batch, Index task, int attempt,
                         std::shared_ptr<const Communicator> communicator)
    : batch_(batch),
      task_(task),
      attempt_(attempt),
      parameters_(batch.parameters(task)),
      folder_(batch.task_folder(task)),
      communicator_(std::move(communicator)) {
  create_folders(folder_);
}

int TaskContext::threads() const noexcept { return thread_count(); }

const std::string& TaskContext::scratch() const {
  if (scratch_.empty()) {
    std::string path = batch_.scratch_path(task_, attempt_);
    create_folders(path);
    scratch_ = std::move(path);
  }
  return scratch_;
}

const std::shared_ptr<const Communicator>& TaskContext::communicator() const {
  if (communicator_ == nullptr) {
    // MPI starts once in a process, and ends with it.
    static std::optional<MpiEnvironment> environment;
    static int arguments = 0;
    static char** words = nullptr;
    if (!environment) environment.emplace(arguments, words);
    communicator_ = std::make_shared<const Communicator>(Communicator::world());
  }
  return communicator_;
}

MappedBytes TaskContext::load(const Reference& reference) const {
  MappedBytes data(batch_.broadcast_path(reference));
  if (static_cast<Index>(data.bytes().size()) != reference.bytes || content_hash(data.bytes()) != reference.hash) {
    throw IoError(batch_.broadcast_path(reference) + ": expected " + std::to_string(reference.bytes) +
                  " bytes of this hash, found " + std::to_string(data.bytes().size()) + " that differ");
  }
  return data;
}

}  // namespace tessera::batch
