#include "tessera/io/checkpoint_file.hpp"

#include "io/temporary_file.hpp"

namespace tessera {

namespace {

constexpr const char* kFormatAttribute = "tessera_checkpoint";
constexpr Index kFormat = 1;

/// Bytes of HDF5's own bookkeeping, generously.
constexpr Index kFileOverhead = Index{1} << 15;
constexpr Index kEntryOverhead = Index{1} << 12;

Index stored_bytes(const AttributeValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return static_cast<Index>(text->size());
  return 0;
}

}  // namespace

CheckpointWriter::CheckpointWriter(std::string path, std::shared_ptr<const Communicator> communicator)
    : path_(std::move(path)), communicator_(std::move(communicator)) {}

void CheckpointWriter::set_attribute(const std::string& name, AttributeValue value) {
  if (name == kFormatAttribute) throw ArgumentError("CheckpointWriter::set_attribute: '" + name + "' is reserved");
  attributes_.insert_or_assign(name, std::move(value));
}

template <Scalar T>
void CheckpointWriter::add(const std::string& name, const DistTensor<T>& tensor) {
  for (const auto& [other, entry] : entries_) {
    if (other == name || other.starts_with(name + "/") || name.starts_with(other + "/")) {
      throw ArgumentError("CheckpointWriter::add: expected a name that is free, got '" + name + "' beside '" + other +
                          "'");
    }
  }
  entries_[name] = {volume(tensor.shape()) * static_cast<Index>(sizeof(T)),
                    [name, &tensor](Hdf5File& file) { file.create_dataset<T>(name, tensor.shape()); },
                    [name, &tensor](Hdf5File& file) { file.write_tile(name, tensor); }};
}

Index CheckpointWriter::bytes_needed() const {
  Index bytes = kFileOverhead;
  for (const auto& [name, value] : attributes_) bytes += kEntryOverhead + stored_bytes(value);
  for (const auto& [name, entry] : entries_) bytes += kEntryOverhead + entry.bytes;
  return bytes;
}

void CheckpointWriter::commit() {
  TemporaryFile target("checkpoint", path_, communicator_);
  target.require_space(bytes_needed());
  Hdf5File file = Hdf5File::create(target.name(), communicator_);
  file.write_attribute(kFormatAttribute, kFormat);
  for (const auto& [name, value] : attributes_) file.write_attribute(name, value);
  for (const auto& [name, entry] : entries_) entry.create(file);
  file.flush_structure();
  target.claim_blocks();
  for (const auto& [name, entry] : entries_) entry.write(file);
  file.close();
  target.publish();
}

CheckpointReader::CheckpointReader(const std::string& path, std::shared_ptr<const Communicator> communicator)
    : file_(Hdf5File::open(path, std::move(communicator))) {
  if (!file_.has_attribute(kFormatAttribute)) {
    throw IoError("checkpoint " + path + ": expected a checkpoint, found an HDF5 file without the attribute '" +
                  kFormatAttribute + "'");
  }
  const Index format = file_.read_attribute<Index>(kFormatAttribute);
  if (format != kFormat) {
    throw IoError("checkpoint " + path + ": expected format " + std::to_string(kFormat) + ", found format " +
                  std::to_string(format));
  }
}

template void CheckpointWriter::add(const std::string&, const DistTensor<float>&);
template void CheckpointWriter::add(const std::string&, const DistTensor<double>&);
template void CheckpointWriter::add(const std::string&, const DistTensor<std::complex<float>>&);
template void CheckpointWriter::add(const std::string&, const DistTensor<std::complex<double>>&);

}  // namespace tessera
