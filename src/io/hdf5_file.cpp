#include "tessera/io/hdf5_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "io/first_copy.hpp"
#include "io/hdf5_hyperslab.hpp"
#include "io/hdf5_objects.hpp"
#include "io/packed.hpp"
#include "tessera/comm/collective_guard.hpp"
#include "tessera/tensor/host_values.hpp"

namespace tessera {

using hdf5::CallScope;
using hdf5::Place;

struct Hdf5File::Impl {
  /// Idle: being created, and open nowhere just now.
  enum class State { reading, structure, data, idle, closed };

  std::string path;
  std::shared_ptr<const Communicator> communicator;
  State state;
  /// Reading: this rank's own. Structure phase: rank 0's. Otherwise empty.
  hdf5::Handle own_file = {};
  /// Data phase: the file all ranks share through MPI-IO.
  hdf5::Handle shared_file = {};
  Index transfer_bytes = Index{1} << 30;

  ~Impl();

  bool root() const { return communicator->rank() == 0; }
  Place at(const char* operation, const std::string& object = {}) const { return {operation, path, object}; }
  CollectiveGuard guard(const Place& place) const { return {*communicator, hdf5::to_string(place), {}}; }

  void require_open(const Place& place) const {
    if (state == State::closed) throw ArgumentError(hdf5::to_string(place) + ": the file is closed");
  }
  void require_writable(const Place& place) const {
    require_open(place);
    if (state == State::reading) throw ArgumentError(hdf5::to_string(place) + ": the file is open for reading only");
  }

  /// Runs body on all ranks, with HDF5 silent, and agrees on its outcome.
  template <class Body>
  void together(Body&& body) const {
    communicator->together([&] {
      const CallScope scope;
      body();
    });
  }

  /// Runs body(file) on rank 0, where `file` shows the structure; errors are everybody's.
  template <class Body>
  void on_root(const Place& place, Body&& body);
  template <class T, class Body>
  T from_root(const Place& place, Body&& body);

  void enter_structure(const Place& place);
  void enter_data(const Place& place);
  hid_t data_file(const Place& place) const;

  /// Moves a tensor's tiles; `move` is Hyperslab::read or write on the prepared box.
  template <class T, class Move>
  void transfer_tile(const Place& place, const DistTensor<T>& tensor, const Box& box, Transfer transfer, Move&& move);
};

Hdf5File::Impl::~Impl() {
  int finalized = 0;
  MPI_Finalized(&finalized);
  if (finalized != 0) {
    // MPI_Finalize has shut HDF5 down, and closed its files.
    own_file.release();
    shared_file.release();
    return;
  }
  if (communicator->size() > 1) shared_file.release();
  const CallScope scope;
  own_file = {};
  shared_file = {};
}

template <class Body>
void Hdf5File::Impl::on_root(const Place& place, Body&& body) {
  const CollectiveGuard announced = guard(place);
  if (state != State::reading) enter_structure(place);
  together([&] {
    if (root()) body(own_file.get());
  });
}

template <class T, class Body>
T Hdf5File::Impl::from_root(const Place& place, Body&& body) {
  require_open(place);
  std::string bytes;
  on_root(place, [&](hid_t file) { pack(bytes, body(file)); });
  bytes = communicator->broadcast(std::move(bytes), 0);
  T value{};
  Unpacker(bytes).unpack(value);
  return value;
}

void Hdf5File::Impl::enter_structure(const Place& place) {
  if (state == State::structure) return;
  state = State::idle;
  together([&] { shared_file.close(place); });
  together([&] {
    if (root()) own_file = hdf5::open_file(place, true);
  });
  state = State::structure;
}

void Hdf5File::Impl::enter_data(const Place& place) {
  if (state == State::data) return;
  state = State::idle;
  together([&] {
    own_file.close(place);
    if (::access(path.c_str(), R_OK | W_OK) != 0)
      hdf5::fail(place, "a file every rank can write", std::strerror(errno));
  });
  together([&] { shared_file = hdf5::open_shared_file(place, communicator->handle(), true); });
  state = State::data;
}

hid_t Hdf5File::Impl::data_file(const Place& place) const {
  if (state != State::reading && state != State::data) {
    throw ArgumentError(hdf5::to_string(place) + ": the file is not in its data phase; call begin_data() first");
  }
  return state == State::reading ? own_file.get() : shared_file.get();
}

template <class T, class Move>
void Hdf5File::Impl::transfer_tile(const Place& place, const DistTensor<T>& tensor, const Box& box, Transfer transfer,
                                   Move&& move) {
  int relation = MPI_UNEQUAL;
  check_mpi(MPI_Comm_compare(communicator->handle(), tensor.communicator().handle(), &relation), "MPI_Comm_compare");
  if (relation != MPI_IDENT && relation != MPI_CONGRUENT) {
    throw ArgumentError(hdf5::to_string(place) + ": the tensor lives on other ranks than the file");
  }
  const CollectiveGuard announced(*communicator, hdf5::to_string(place), tensor.shape());
  hdf5::Handle scratch;
  const bool shared_reading = state == State::reading && transfer == Transfer::collective;
  if (shared_reading) {
    together([&] { scratch = hdf5::open_shared_file(place, communicator->handle(), false); });
  }
  const hid_t file = shared_reading ? scratch.get() : data_file(place);
  std::optional<hdf5::Hyperslab> slab;
  try {
    together([&] { slab.emplace(file, place, hdf5::element_of<T>(), box, &tensor.shape(), transfer_bytes); });
    const Index calls = transfer == Transfer::collective ? communicator->all_max(slab->pieces()) : slab->pieces();
    together([&] { move(*slab, calls); });
  } catch (const IoError&) {
    // Thrown on all ranks, so all can leave the shared file, which its destructor must not do (see ~Hdf5File).
    const CallScope scope;
    slab.reset();
    scratch = {};
    shared_file = {};
    if (state == State::data) state = State::idle;
    throw;
  }
  const CallScope scope;
  slab.reset();
  scratch = {};
}

Hdf5File::Hdf5File(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Hdf5File::Hdf5File(Hdf5File&&) noexcept = default;
Hdf5File& Hdf5File::operator=(Hdf5File&&) noexcept = default;
Hdf5File::~Hdf5File() = default;

Hdf5File Hdf5File::open(const std::string& path, std::shared_ptr<const Communicator> communicator) {
  auto impl = std::unique_ptr<Impl>(new Impl{path, std::move(communicator), Impl::State::reading});
  const Place place = impl->at("open");
  const CollectiveGuard announced = impl->guard(place);
  // Rank 0 looks first, so that thousands of ranks do not find a bad file one by one.
  impl->together([&] {
    if (impl->root()) impl->own_file = hdf5::open_file(place, false);
  });
  impl->together([&] {
    if (!impl->root()) impl->own_file = hdf5::open_file(place, false);
  });
  return Hdf5File(std::move(impl));
}

Hdf5File Hdf5File::create(const std::string& path, std::shared_ptr<const Communicator> communicator) {
  auto impl = std::unique_ptr<Impl>(new Impl{path, std::move(communicator), Impl::State::structure});
  const Place place = impl->at("create");
  const CollectiveGuard announced = impl->guard(place);
  impl->together([&] {
    if (impl->root()) impl->own_file = hdf5::create_file(place);
  });
  return Hdf5File(std::move(impl));
}

const std::string& Hdf5File::path() const noexcept { return impl_->path; }
const Communicator& Hdf5File::communicator() const noexcept { return *impl_->communicator; }

bool Hdf5File::exists(const std::string& name) const {
  const Place place = impl_->at("exists", name);
  return impl_->from_root<int>(place, [&](hid_t file) { return hdf5::exists(file, place) ? 1 : 0; }) != 0;
}

ArrayInfo Hdf5File::describe(const std::string& name) const {
  const Place place = impl_->at("describe", name);
  return impl_->from_root<ArrayInfo>(place, [&](hid_t file) { return hdf5::describe(file, place); });
}

std::vector<std::string> Hdf5File::children(const std::string& group) const {
  const Place place = impl_->at("children", group);
  return impl_->from_root<std::vector<std::string>>(place, [&](hid_t file) { return hdf5::children(file, place); });
}

bool Hdf5File::has_attribute(const std::string& name, const std::string& object) const {
  const Place place = impl_->at("has_attribute", object);
  const auto look = [&](hid_t file) {
    return hdf5::has_attribute(hdf5::open_object(file, place).get(), name, place) ? 1 : 0;
  };
  return impl_->from_root<int>(place, look) != 0;
}

std::vector<std::string> Hdf5File::attribute_names(const std::string& object) const {
  const Place place = impl_->at("attribute_names", object);
  return impl_->from_root<std::vector<std::string>>(
      place, [&](hid_t file) { return hdf5::attribute_names(hdf5::open_object(file, place).get(), place); });
}

template <class T>
T Hdf5File::read_attribute(const std::string& name, const std::string& object) const {
  const Place place = impl_->at("read_attribute", object);
  return impl_->from_root<T>(
      place, [&](hid_t file) { return hdf5::read_attribute<T>(hdf5::open_object(file, place).get(), name, place); });
}

void Hdf5File::write_attribute(const std::string& name, const AttributeValue& value, const std::string& object) {
  const Place place = impl_->at("write_attribute", object);
  impl_->require_writable(place);
  impl_->on_root(place,
                 [&](hid_t file) { hdf5::write_attribute(hdf5::open_object(file, place).get(), name, value, place); });
}

void Hdf5File::create_group(const std::string& name) {
  const Place place = impl_->at("create_group", name);
  impl_->require_writable(place);
  impl_->on_root(place, [&](hid_t file) { hdf5::create_group(file, place); });
}

template <Scalar T>
void Hdf5File::create_dataset(const std::string& name, const Shape& shape, const Shape& chunk) {
  const Place place = impl_->at("create_dataset", name);
  impl_->require_writable(place);
  volume(shape);
  if (!chunk.empty() && (chunk.size() != shape.size() || *std::min_element(chunk.begin(), chunk.end()) < 1)) {
    throw ShapeError(hdf5::to_string(place) + ": expected a chunk of at least one cell on each axis of " +
                     to_string(shape) + ", found " + to_string(chunk));
  }
  impl_->on_root(place, [&](hid_t file) {
    const hdf5::Element element = hdf5::element_of<T>();
    hdf5::create_array(file, place, element.file.get(), shape, chunk);
  });
}

namespace {

Box nothing_of(const Shape& shape) { return {Shape(shape.size(), 0), Shape(shape.size(), 0)}; }

}  // namespace

template <Scalar T>
void Hdf5File::write_tile(const std::string& name, const DistTensor<T>& tensor, Transfer transfer) {
  const Place place = impl_->at("write_tile", name);
  impl_->require_writable(place);
  impl_->enter_data(place);
  const bool writes = holds_first_copy(tensor.partition()) && tensor.local_size() > 0;
  const HostInput<T> values(tensor.local());
  impl_->transfer_tile(place, tensor, writes ? tensor.box() : nothing_of(tensor.shape()), transfer,
                       [&](const hdf5::Hyperslab& slab, Index calls) { slab.write(values.data(), calls, transfer); });
}

template <Scalar T>
void Hdf5File::read_tile(const std::string& name, DistTensor<T>& tensor, Transfer transfer) const {
  const Place place = impl_->at("read_tile", name);
  impl_->require_open(place);
  if (impl_->state != Impl::State::reading) impl_->enter_data(place);
  const bool reads = tensor.partition().active() && tensor.local_size() > 0;
  HostOutput<T> values(tensor.local());
  impl_->transfer_tile(place, tensor, reads ? tensor.box() : nothing_of(tensor.shape()), transfer,
                       [&](const hdf5::Hyperslab& slab, Index calls) { slab.read(values.data(), calls, transfer); });
  if (reads) values.store();
}

void Hdf5File::begin_data() {
  const Place place = impl_->at("begin_data");
  impl_->require_writable(place);
  const CollectiveGuard announced = impl_->guard(place);
  impl_->enter_data(place);
}

template <Scalar T>
void Hdf5File::read_hyperslab(const std::string& name, const Box& box, T* values) const {
  const Place place = impl_->at("read_hyperslab", name);
  impl_->require_open(place);
  const CallScope scope;
  const hdf5::Hyperslab slab(impl_->data_file(place), place, hdf5::element_of<T>(), box, nullptr,
                             impl_->transfer_bytes);
  slab.read(values, slab.pieces(), Transfer::independent);
}

template <Scalar T>
void Hdf5File::write_hyperslab(const std::string& name, const Box& box, const T* values) {
  const Place place = impl_->at("write_hyperslab", name);
  impl_->require_writable(place);
  const CallScope scope;
  const hdf5::Hyperslab slab(impl_->data_file(place), place, hdf5::element_of<T>(), box, nullptr,
                             impl_->transfer_bytes);
  slab.write(values, slab.pieces(), Transfer::independent);
}

void Hdf5File::flush_structure() {
  const Place place = impl_->at("flush_structure");
  impl_->require_writable(place);
  impl_->on_root(
      place, [&](hid_t file) { hdf5::check(H5Fflush(file, H5F_SCOPE_GLOBAL), place, "a file that can be written"); });
}

void Hdf5File::close() {
  if (!impl_ || impl_->state == Impl::State::closed) return;
  const Place place = impl_->at("close");
  const CollectiveGuard announced = impl_->guard(place);
  impl_->state = Impl::State::closed;
  impl_->together([&] {
    impl_->own_file.close(place);
    impl_->shared_file.close(place);
  });
}

void Hdf5File::set_transfer_bytes(Index bytes) {
  constexpr Index kLimit = Index{1} << 30;
  if (bytes < 1 || bytes > kLimit) {
    throw ArgumentError("Hdf5File::set_transfer_bytes: expected 1.." + std::to_string(kLimit) + ", got " +
                        std::to_string(bytes));
  }
  impl_->transfer_bytes = bytes;
}

#define TESSERA_INSTANTIATE(T) template T Hdf5File::read_attribute<T>(const std::string&, const std::string&) const;
TESSERA_INSTANTIATE(Index)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::string)
TESSERA_INSTANTIATE(Shape)
TESSERA_INSTANTIATE(std::vector<double>)
TESSERA_INSTANTIATE(std::vector<std::string>)
#undef TESSERA_INSTANTIATE

#define TESSERA_INSTANTIATE(T)                                                               \
  template void Hdf5File::create_dataset<T>(const std::string&, const Shape&, const Shape&); \
  template void Hdf5File::write_tile<T>(const std::string&, const DistTensor<T>&, Transfer); \
  template void Hdf5File::read_tile<T>(const std::string&, DistTensor<T>&, Transfer) const;  \
  template void Hdf5File::read_hyperslab<T>(const std::string&, const Box&, T*) const;       \
  template void Hdf5File::write_hyperslab<T>(const std::string&, const Box&, const T*);
TESSERA_INSTANTIATE(float)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::complex<float>)
TESSERA_INSTANTIATE(std::complex<double>)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
