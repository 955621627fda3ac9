#include "tessera/comm/communicator.hpp"

#include <algorithm>
#include <complex>
#include <numeric>
#include <utility>

#include "tessera/comm/device_communicator.hpp"

namespace tessera {

namespace {

template <class T>
MPI_Datatype mpi_type();
template <>
MPI_Datatype mpi_type<int>() {
  return MPI_INT;
}
template <>
MPI_Datatype mpi_type<Index>() {
  return MPI_INT64_T;
}
template <>
MPI_Datatype mpi_type<float>() {
  return MPI_FLOAT;
}
template <>
MPI_Datatype mpi_type<double>() {
  return MPI_DOUBLE;
}
template <>
MPI_Datatype mpi_type<std::complex<float>>() {
  return MPI_C_FLOAT_COMPLEX;
}
template <>
MPI_Datatype mpi_type<std::complex<double>>() {
  return MPI_C_DOUBLE_COMPLEX;
}

bool mpi_finalized() {
  int finalized = 0;
  MPI_Finalized(&finalized);
  return finalized != 0;
}

/// Calls body(offset, count) for consecutive pieces of at most `chunk` elements.
template <class Body>
void for_each_chunk(Index count, Index chunk, Body&& body) {
  for (Index offset = 0; offset < count; offset += chunk)
    body(offset, static_cast<int>(std::min(chunk, count - offset)));
}

}  // namespace

void check_mpi(int code, const char* operation) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw MpiError(std::string(operation) + ": " + std::string(text, static_cast<std::size_t>(length)));
}

PendingMessages::PendingMessages(PendingMessages&& other) noexcept : requests_(std::exchange(other.requests_, {})) {}

PendingMessages& PendingMessages::operator=(PendingMessages&& other) noexcept {
  if (this == &other) return *this;
  finish();
  requests_ = std::exchange(other.requests_, {});
  return *this;
}

bool PendingMessages::done() {
  int all = 1;
  check_mpi(MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &all, MPI_STATUSES_IGNORE),
            "MPI_Testall");
  if (all != 0) requests_.clear();
  return all != 0;
}

void PendingMessages::wait() {
  std::vector<MPI_Request> requests = std::exchange(requests_, {});
  check_mpi(MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE), "MPI_Waitall");
}

void PendingMessages::finish() noexcept {
  if (requests_.empty() || mpi_finalized()) return;
  MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE);
  requests_.clear();
}

Communicator::Communicator(MPI_Comm parent) {
  int initialized = 0;
  MPI_Initialized(&initialized);
  if (initialized == 0 || mpi_finalized()) {
    throw MpiError("Communicator: MPI is not running; construct a tessera::MpiEnvironment first");
  }
  check_mpi(MPI_Comm_dup(parent, &handle_), "MPI_Comm_dup");
  check_mpi(MPI_Comm_set_errhandler(handle_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check_mpi(MPI_Comm_rank(handle_, &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(handle_, &size_), "MPI_Comm_size");
  ledger_ = std::make_shared<TrafficLedger>();
}

Communicator Communicator::adopt(MPI_Comm handle, const Communicator& parent) {
  Communicator result;
  result.handle_ = handle;
  result.chunk_bytes_ = parent.chunk_bytes_;
  result.ledger_ = parent.ledger_;
  result.device_ = parent.device_;
  result.choice_ = parent.choice_;
  if (handle == MPI_COMM_NULL) return result;
  check_mpi(MPI_Comm_set_errhandler(handle, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check_mpi(MPI_Comm_rank(handle, &result.rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(handle, &result.size_), "MPI_Comm_size");
  return result;
}

Communicator::Communicator(Communicator&& other) noexcept
    : handle_(std::exchange(other.handle_, MPI_COMM_NULL)),
      rank_(other.rank_),
      size_(std::exchange(other.size_, 0)),
      chunk_bytes_(other.chunk_bytes_),
      guarded_calls_(other.guarded_calls_),
      groups_(std::move(other.groups_)),
      ledger_(std::move(other.ledger_)),
      device_(std::move(other.device_)),
      choice_(std::move(other.choice_)),
      device_data_(std::move(other.device_data_)) {}

Communicator& Communicator::operator=(Communicator&& other) noexcept {
  if (this == &other) return *this;
  release();
  handle_ = std::exchange(other.handle_, MPI_COMM_NULL);
  rank_ = other.rank_;
  size_ = std::exchange(other.size_, 0);
  chunk_bytes_ = other.chunk_bytes_;
  guarded_calls_ = other.guarded_calls_;
  groups_ = std::move(other.groups_);
  ledger_ = std::move(other.ledger_);
  device_ = std::move(other.device_);
  choice_ = std::move(other.choice_);
  device_data_ = std::move(other.device_data_);
  return *this;
}

Communicator::~Communicator() { release(); }

void Communicator::release() noexcept {
  if (handle_ != MPI_COMM_NULL && !mpi_finalized()) MPI_Comm_free(&handle_);
  handle_ = MPI_COMM_NULL;
}

Communicator Communicator::duplicate() const {
  MPI_Comm handle = MPI_COMM_NULL;
  check_mpi(MPI_Comm_dup(handle_, &handle), "MPI_Comm_dup");
  return adopt(handle, *this);
}

Communicator Communicator::split(int color, int key) const {
  MPI_Comm handle = MPI_COMM_NULL;
  check_mpi(MPI_Comm_split(handle_, color < 0 ? MPI_UNDEFINED : color, key, &handle), "MPI_Comm_split");
  return adopt(handle, *this);
}

Communicator Communicator::subgroup(const std::vector<int>& ranks, int tag) const {
  // Checked here because MPI reports errors of groups to MPI_COMM_WORLD's handler, which ends the program.
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    const bool repeats = std::find(ranks.begin(), ranks.begin() + static_cast<Index>(i), ranks[i]) !=
                         ranks.begin() + static_cast<Index>(i);
    if (ranks[i] < 0 || ranks[i] >= size_ || repeats) {
      throw ArgumentError("Communicator::subgroup: rank " + std::to_string(ranks[i]) +
                          (repeats ? " repeats" : " does not exist among " + std::to_string(size_)));
    }
  }
  MPI_Group all = MPI_GROUP_NULL;
  MPI_Group some = MPI_GROUP_NULL;
  check_mpi(MPI_Comm_group(handle_, &all), "MPI_Comm_group");
  check_mpi(MPI_Group_incl(all, static_cast<int>(ranks.size()), ranks.data(), &some), "MPI_Group_incl");
  MPI_Comm handle = MPI_COMM_NULL;
  const int code = MPI_Comm_create_group(handle_, some, tag, &handle);
  MPI_Group_free(&some);
  MPI_Group_free(&all);
  check_mpi(code, "MPI_Comm_create_group");
  return adopt(handle, *this);
}

const Communicator& Communicator::among(const std::vector<int>& ranks) const {
  std::vector<int> everyone(static_cast<std::size_t>(size_));
  std::iota(everyone.begin(), everyone.end(), 0);
  if (ranks == everyone) return *this;
  auto& group = groups_[ranks];
  if (!group) {
    const bool listed = std::find(ranks.begin(), ranks.end(), rank_) != ranks.end();
    group.reset(new Communicator(listed ? subgroup(ranks, 0) : adopt(MPI_COMM_NULL, *this)));
  }
  return *group;
}

void Communicator::barrier() const { check_mpi(MPI_Barrier(handle_), "MPI_Barrier"); }

Index Communicator::chunk_elements(std::size_t element_size) const {
  return std::max<Index>(1, chunk_bytes_ / static_cast<Index>(element_size));
}

void Communicator::set_chunk_bytes(Index bytes) {
  constexpr Index kLimit = (Index{1} << 31) - 1;
  if (bytes < 1 || bytes > kLimit) {
    throw ArgumentError("Communicator::set_chunk_bytes: expected 1.." + std::to_string(kLimit) + ", got " +
                        std::to_string(bytes));
  }
  chunk_bytes_ = bytes;
}

template <class T>
void Communicator::broadcast(T* values, Index count, int root) const {
  if (size_ == 1) return;
  for_each_chunk(count, chunk_elements(sizeof(T)), [&](Index offset, int part) {
    check_mpi(MPI_Bcast(values + offset, part, mpi_type<T>(), root, handle_), "MPI_Bcast");
  });
  ledger_->record(broadcast_traffic(count * static_cast<Index>(sizeof(T)), size_, rank_ == root));
}

template <class T>
void Communicator::sum_to_root(T* values, Index count, int root) const {
  if (size_ == 1) return;
  for_each_chunk(count, chunk_elements(sizeof(T)), [&](Index offset, int part) {
    T* piece = values + offset;
    check_mpi(MPI_Reduce(rank_ == root ? MPI_IN_PLACE : piece, piece, part, mpi_type<T>(), MPI_SUM, root, handle_),
              "MPI_Reduce");
  });
  ledger_->record(sum_to_root_traffic(count * static_cast<Index>(sizeof(T)), size_, rank_ == root));
}

template <class T>
void Communicator::all_sum(T* values, Index count) const {
  if (size_ == 1) return;
  for_each_chunk(count, chunk_elements(sizeof(T)), [&](Index offset, int part) {
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, values + offset, part, mpi_type<T>(), MPI_SUM, handle_), "MPI_Allreduce");
  });
  ledger_->record(all_sum_traffic(count * static_cast<Index>(sizeof(T)), size_));
}

std::vector<int> Communicator::whole_counts(std::span<const Index> counts, std::size_t element_size,
                                            const char* operation) const {
  if (static_cast<int>(counts.size()) != size_) {
    throw ArgumentError("Communicator::" + std::string(operation) + ": expected " + std::to_string(size_) +
                        " counts, got " + std::to_string(counts.size()));
  }
  const bool fits = std::accumulate(counts.begin(), counts.end(), Index{0}) <= chunk_elements(element_size);
  return fits ? std::vector<int>(counts.begin(), counts.end()) : std::vector<int>{};
}

template <class T>
void Communicator::reduce_scatter(const T* values, T* own, std::span<const Index> counts) const {
  const std::vector<int> whole = whole_counts(counts, sizeof(T), "reduce_scatter");
  if (!whole.empty()) {
    check_mpi(MPI_Reduce_scatter(values, own, whole.data(), mpi_type<T>(), MPI_SUM, handle_), "MPI_Reduce_scatter");
  }
  for (int owner = 0; whole.empty() && owner < size_; ++owner) {
    const Index count = counts[static_cast<std::size_t>(owner)];
    for_each_chunk(count, chunk_elements(sizeof(T)), [&](Index offset, int part) {
      check_mpi(MPI_Reduce(values + offset, own + offset, part, mpi_type<T>(), MPI_SUM, owner, handle_), "MPI_Reduce");
    });
    values += count;
  }
  ledger_->record(reduce_scatter_traffic(counts, sizeof(T), rank_));
}

template <class T>
void Communicator::all_gather(T* values, std::span<const Index> counts) const {
  const std::vector<int> whole = whole_counts(counts, sizeof(T), "all_gather");
  if (!whole.empty()) {
    std::vector<int> starts(whole.size());
    std::exclusive_scan(whole.begin(), whole.end(), starts.begin(), 0);
    check_mpi(
        MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, values, whole.data(), starts.data(), mpi_type<T>(), handle_),
        "MPI_Allgatherv");
  }
  for (int owner = 0; whole.empty() && owner < size_; ++owner) {
    const Index count = counts[static_cast<std::size_t>(owner)];
    for_each_chunk(count, chunk_elements(sizeof(T)), [&](Index offset, int part) {
      check_mpi(MPI_Bcast(values + offset, part, mpi_type<T>(), owner, handle_), "MPI_Bcast");
    });
    values += count;
  }
  ledger_->record(all_gather_traffic(counts, sizeof(T), rank_));
}

template <class T>
T Communicator::all_max(T value) const {
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, &value, 1, mpi_type<T>(), MPI_MAX, handle_), "MPI_Allreduce");
  return value;
}

template <class T>
T Communicator::all_min(T value) const {
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, &value, 1, mpi_type<T>(), MPI_MIN, handle_), "MPI_Allreduce");
  return value;
}

template <class T>
std::vector<T> Communicator::all_gather(T value) const {
  std::vector<T> values(static_cast<std::size_t>(size_));
  check_mpi(MPI_Allgather(&value, 1, mpi_type<T>(), values.data(), 1, mpi_type<T>(), handle_), "MPI_Allgather");
  return values;
}

std::string Communicator::broadcast(std::string text, int root) const {
  if (size_ == 1) return text;
  Index length = static_cast<Index>(text.size());
  check_mpi(MPI_Bcast(&length, 1, MPI_INT64_T, root, handle_), "MPI_Bcast");
  text.resize(static_cast<std::size_t>(length));
  for_each_chunk(length, chunk_bytes_, [&](Index offset, int part) {
    check_mpi(MPI_Bcast(text.data() + offset, part, MPI_CHAR, root, handle_), "MPI_Bcast");
  });
  return text;
}

PendingMessages Communicator::start(std::span<const Message> sends, std::span<const Message> receives) const {
  constexpr int kTag = 0;
  for (const auto& list : {sends, receives}) {
    for (const Message& message : list) {
      if (message.peer == rank_)
        throw ArgumentError("Communicator::exchange: rank " + std::to_string(rank_) + " to itself");
    }
  }
  std::vector<MPI_Request> requests;
  requests.reserve(sends.size() + receives.size());
  const auto post = [&](const Message& message, auto call, const char* name) {
    for_each_chunk(message.bytes, chunk_bytes_, [&](Index offset, int part) {
      requests.push_back(MPI_REQUEST_NULL);
      check_mpi(call(static_cast<char*>(message.data) + offset, part, message.peer, &requests.back()), name);
    });
  };
  for (const Message& message : receives) {
    post(
        message,
        [&](char* data, int count, int peer, MPI_Request* request) {
          return MPI_Irecv(data, count, MPI_BYTE, peer, kTag, handle_, request);
        },
        "MPI_Irecv");
  }
  for (const Message& message : sends) {
    post(
        message,
        [&](char* data, int count, int peer, MPI_Request* request) {
          return MPI_Isend(data, count, MPI_BYTE, peer, kTag, handle_, request);
        },
        "MPI_Isend");
    ledger_->record(message.bytes, message.bytes > 0 ? 1 : 0);
  }
  PendingMessages pending;
  pending.requests_ = std::move(requests);
  return pending;
}

void Communicator::exchange(std::span<const Message> sends, std::span<const Message> receives) const {
  start(sends, receives).wait();
}

void Communicator::agree(const std::optional<Failure>& failure) const {
  const int first = all_min(failure ? rank_ : size_);
  if (first == size_) return;
  const auto kinds = all_gather(static_cast<int>(failure ? failure->kind : ErrorKind::argument));
  std::string message = broadcast(failure ? failure->message : std::string(), first);
  if (size_ > 1) message += " (on rank " + std::to_string(first) + " of " + std::to_string(size_) + ")";
  throw_error(static_cast<ErrorKind>(kinds[static_cast<std::size_t>(first)]), message);
}

#define TESSERA_INSTANTIATE(T)                                      \
  template void Communicator::broadcast<T>(T*, Index, int) const;   \
  template void Communicator::sum_to_root<T>(T*, Index, int) const; \
  template void Communicator::all_sum<T>(T*, Index) const;
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::complex<float>)
TESSERA_INSTANTIATE(std::complex<double>)
TESSERA_INSTANTIATE(int)
TESSERA_INSTANTIATE(Index)
#undef TESSERA_INSTANTIATE

#define TESSERA_INSTANTIATE(T)                                                               \
  template void Communicator::reduce_scatter<T>(const T*, T*, std::span<const Index>) const; \
  template void Communicator::all_gather<T>(T*, std::span<const Index>) const;
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::complex<float>)
TESSERA_INSTANTIATE(std::complex<double>)
#undef TESSERA_INSTANTIATE

#define TESSERA_INSTANTIATE(T)                  \
  template T Communicator::all_max<T>(T) const; \
  template T Communicator::all_min<T>(T) const; \
  template std::vector<T> Communicator::all_gather<T>(T) const;
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(int)
TESSERA_INSTANTIATE(Index)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
