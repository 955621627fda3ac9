#include "io/dataset_sink.hpp"
#include "io/dataset_structure.hpp"
#include "io/first_copy.hpp"
#include "io/temporary_file.hpp"
#include "tessera/io/hdf5_file.hpp"
#include "tessera/tensor/host_values.hpp"

namespace tessera {

namespace {

/// Bytes of HDF5's own bookkeeping, generously.
constexpr Index kFileOverhead = Index{1} << 16;

class Hdf5Sink final : public DatasetSink {
 public:
  Hdf5Sink(const std::string& path, const DatasetLayout& layout, std::shared_ptr<const Communicator> communicator)
      : target_("dataset", path, communicator), file_(create(layout, std::move(communicator))) {
    dataset::write_attributes(file_, layout);
    file_.create_dataset<float>(dataset::kInput, dataset::with_samples(layout.sample_count, layout.input_shape));
    file_.create_dataset<float>(dataset::kOutput, dataset::with_samples(layout.sample_count, layout.output_shape));
    file_.flush_structure();
    target_.claim_blocks();
    file_.begin_data();
  }

  void write(Index sample, const DistTensor<float>& input, const DistTensor<float>& output) override {
    input.communicator().together([&] {
      write_array(dataset::kInput, sample, input);
      write_array(dataset::kOutput, sample, output);
    });
  }

  void publish() override {
    file_.write_attribute(dataset::kComplete, Index{1});
    file_.close();
    target_.publish();
  }

  void abandon() override { file_.close(); }
  std::string unfinished_name() const override { return target_.name(); }

 private:
  Hdf5File create(const DatasetLayout& layout, std::shared_ptr<const Communicator> communicator) {
    const Index cells = volume(dataset::with_samples(layout.sample_count, layout.input_shape)) +
                        volume(dataset::with_samples(layout.sample_count, layout.output_shape));
    target_.require_space(cells * static_cast<Index>(sizeof(float)) + kFileOverhead);
    return Hdf5File::create(target_.name(), std::move(communicator));
  }

  void write_array(const char* array, Index sample, const DistTensor<float>& tensor) {
    if (!holds_first_copy(tensor.partition()) || tensor.local_size() == 0) return;
    Box box = tensor.box();
    box.start[0] = sample;
    file_.write_hyperslab(array, box, HostInput<float>(tensor.local()).data());
  }

  TemporaryFile target_;
  Hdf5File file_;
};

}  // namespace

std::unique_ptr<DatasetSink> make_hdf5_sink(const std::string& path, const DatasetLayout& layout,
                                            std::shared_ptr<const Communicator> communicator) {
  return std::make_unique<Hdf5Sink>(path, layout, std::move(communicator));
}

}  // namespace tessera
