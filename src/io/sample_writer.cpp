#include "tessera/io/sample_writer.hpp"

#include <unistd.h>

#include "io/dataset_structure.hpp"
#include "io/place.hpp"
#include "io/temporary_folder.hpp"
#include "io/zarr_dataset.hpp"
#include "tessera/core/error.hpp"
#include "tessera/io/zarr_tiles.hpp"
#include "tessera/tensor/host_values.hpp"

namespace tessera {

namespace {

constexpr const char* kWrite = "SampleWriter::write_sample";

void require_values(const char* name, const Shape& shape, std::span<const float> values) {
  if (std::ssize(values) == volume(shape)) return;
  throw ShapeError(std::string(kWrite) + ", " + name + ": expected the " + std::to_string(volume(shape)) +
                   " values of shape " + to_string(shape) + ", got " + std::to_string(values.size()));
}

void require_shape(const char* name, const Shape& shape, const Shape& found) {
  const Shape expected = dataset::with_samples(1, shape);
  if (found == expected) return;
  throw ShapeError(std::string(kWrite) + ", " + name + ": expected a tensor " + to_string(expected) + ", got " +
                   to_string(found));
}

Shape origin_of(Index sample, const Shape& shape) {
  Shape origin(shape.size() + 1, 0);
  origin[0] = sample;
  return origin;
}

Box box_of(Index sample, const Shape& shape) { return {origin_of(sample, shape), dataset::with_samples(1, shape)}; }

}  // namespace

struct SampleWriter::Impl {
  explicit Impl(ZarrGroup opened)
      : group(std::move(opened)),
        layout(dataset::read_layout(group)),
        input(group.open_array(dataset::kInput)),
        output(group.open_array(dataset::kOutput)),
        written(group.open_array(dataset::kWritten)),
        complete(dataset::read_complete(group)) {}

  ZarrGroup group;
  DatasetLayout layout;
  ZarrArray input, output, written;
  bool complete;
};

SampleWriter::SampleWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SampleWriter::SampleWriter(SampleWriter&&) noexcept = default;
SampleWriter& SampleWriter::operator=(SampleWriter&&) noexcept = default;
SampleWriter::~SampleWriter() = default;

SampleWriter SampleWriter::create(const std::string& path, const DatasetLayout& layout, const ChunkStorage& storage) {
  require_writable_location("SampleWriter", path);
  dataset::require_layout("SampleWriter", path, layout);
  TemporaryFolder folder(path + "." + std::to_string(::getpid()) + ".tmp", path);
  ZarrGroup group = dataset::create_zarr(open_store(folder.name()), layout, storage);
  group.create_array(dataset::kWritten, {{layout.sample_count}, {1}, "uint8", parse_compressor("none")});
  folder.publish();
  return open(path);
}

SampleWriter SampleWriter::open(const std::string& path) {
  return SampleWriter(std::make_unique<Impl>(ZarrGroup::open(open_store(path))));
}

const DatasetLayout& SampleWriter::layout() const noexcept { return impl_->layout; }

void SampleWriter::require_unfinished() const {
  if (!impl_->complete) return;
  throw ArgumentError(std::string(kWrite) + " " + impl_->group.path() + ": the data set is finished");
}

void SampleWriter::mark(Index sample) {
  const Index mark = 1;
  impl_->written.write_box({{sample}, {1}}, &mark);
}

void SampleWriter::write_sample(Index sample, std::span<const float> input, std::span<const float> output) {
  const DatasetLayout& layout = impl_->layout;
  dataset::require_sample(kWrite, sample, layout.sample_count);
  require_values(dataset::kInput, layout.input_shape, input);
  require_values(dataset::kOutput, layout.output_shape, output);
  require_unfinished();
  const Box input_box = box_of(sample, layout.input_shape), output_box = box_of(sample, layout.output_shape);
  dataset::require_finite(std::string(kWrite) + ", input", input_box, input.data());
  dataset::require_finite(std::string(kWrite) + ", output", output_box, output.data());
  // One that is written again is absent meanwhile.
  impl_->written.erase_chunk({sample});
  impl_->input.write_box(input_box, input.data());
  impl_->output.write_box(output_box, output.data());
  mark(sample);
}

void SampleWriter::write_sample(Index sample, const DistTensor<float>& input, const DistTensor<float>& output) {
  const Communicator& ranks = input.communicator();
  ranks.together([&] {
    const DatasetLayout& layout = impl_->layout;
    dataset::require_sample(kWrite, sample, layout.sample_count);
    require_shape(dataset::kInput, layout.input_shape, input.shape());
    require_shape(dataset::kOutput, layout.output_shape, output.shape());
    require_unfinished();
    dataset::require_finite(std::string(kWrite) + ", input", input.box(), HostInput<float>(input.local()).data());
    dataset::require_finite(std::string(kWrite) + ", output", output.box(), HostInput<float>(output.local()).data());
    if (ranks.rank() == 0) impl_->written.erase_chunk({sample});
  });
  write_tile(impl_->input, input, origin_of(sample, layout().input_shape));
  write_tile(impl_->output, output, origin_of(sample, layout().output_shape));
  ranks.together([&] {
    if (ranks.rank() == 0) mark(sample);
  });
}

bool SampleWriter::has_sample(Index sample) const {
  dataset::require_sample("SampleWriter::has_sample", sample, impl_->layout.sample_count);
  return impl_->written.has_chunk({sample});
}

std::vector<Index> SampleWriter::missing_samples() const {
  return dataset::missing_samples(impl_->group, impl_->layout.sample_count);
}

void SampleWriter::finish() {
  const std::vector<Index> missing = missing_samples();
  if (!missing.empty()) {
    fail({"SampleWriter::finish", impl_->group.path()},
         "all " + std::to_string(impl_->layout.sample_count) + " samples to be written",
         std::to_string(missing.size()) + " missing, the first of them sample " + std::to_string(missing.front()));
  }
  impl_->group.store()->remove_leftovers();
  dataset::mark_complete(impl_->group);
  impl_->complete = true;
}

}  // namespace tessera
