#include <filesystem>
#include <optional>

#include "io/dataset_sink.hpp"
#include "io/dataset_structure.hpp"
#include "io/place.hpp"
#include "io/temporary_folder.hpp"
#include "io/zarr_dataset.hpp"
#include "tessera/io/zarr_tiles.hpp"

namespace tessera {

namespace {

class ZarrSink final : public DatasetSink {
 public:
  ZarrSink(const std::string& path, const DatasetLayout& layout, std::shared_ptr<const Communicator> communicator,
           const ChunkStorage& storage)
      : communicator_(std::move(communicator)), path_(path.substr(0, path.find_last_not_of('/') + 1)) {
    communicator_->together([&] {
      if (!root()) return;
      require_replaceable();
      target_.emplace(unfinished_name(), path_);
      dataset::create_zarr(open_store(target_->name()), layout, storage);
    });
    communicator_->together([&] {
      group_.emplace(ZarrGroup::open(open_store(unfinished_name())));
      input_.emplace(group_->open_array(dataset::kInput));
      output_.emplace(group_->open_array(dataset::kOutput));
    });
  }

  void write(Index sample, const DistTensor<float>& input, const DistTensor<float>& output) override {
    write_tile(*input_, input, origin(sample, input.shape()));
    write_tile(*output_, output, origin(sample, output.shape()));
  }

  void publish() override {
    communicator_->together([&] {
      if (!root()) return;
      dataset::mark_complete(*group_);
      require_replaceable();
      target_->replace();
    });
  }

  void abandon() override { communicator_->barrier(); }
  std::string unfinished_name() const override { return path_ + ".tmp"; }

 private:
  bool root() const { return communicator_->rank() == 0; }

  /// A folder of something else is not for this class to remove.
  void require_replaceable() const {
    std::error_code ignored;
    if (!std::filesystem::exists(path_, ignored) || ZarrGroup::exists_in(*open_store(path_))) return;
    fail({"create", path_}, "a free name or a Zarr group", "something else");
  }

  static Shape origin(Index sample, const Shape& shape) {
    Shape at(shape.size(), 0);
    at[0] = sample;
    return at;
  }

  std::shared_ptr<const Communicator> communicator_;
  std::string path_;
  /// Rank 0's.
  std::optional<TemporaryFolder> target_;
  std::optional<ZarrGroup> group_;
  std::optional<ZarrArray> input_, output_;
};

}  // namespace

std::unique_ptr<DatasetSink> make_zarr_sink(const std::string& path, const DatasetLayout& layout,
                                            std::shared_ptr<const Communicator> communicator,
                                            const ChunkStorage& storage) {
  return std::make_unique<ZarrSink>(path, layout, std::move(communicator), storage);
}

}  // namespace tessera
