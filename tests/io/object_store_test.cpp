#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "io/hdf5_test_support.hpp"
#include "tessera/io/folder_store.hpp"

namespace tessera {
namespace {

using testing_support::expect_error;
using testing_support::TemporaryDirectory;
using testing_support::world;

Bytes bytes_of(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return Bytes(bytes.begin(), bytes.end());
}

/// A folder of this rank's own.
std::string own_folder(const TemporaryDirectory& directory) { return directory.file(std::to_string(world()->rank())); }

TEST(ObjectStore, KeysNeverLeadOutOfIt) {
  for (const char* key : {"a", "a/b/0.1.2", ".zarray", "a..b/c", "..."}) EXPECT_NO_THROW(require_key(key)) << key;
  for (const std::string key : {"", "/", "/etc", "a/", "a//b", ".", "..", "a/../b", "../a", "a\\b", "a\nb", "a/."}) {
    EXPECT_THROW(require_key(key), ArgumentError) << key;
  }
  EXPECT_THROW(require_key(std::string("a\0b", 3)), ArgumentError);
  EXPECT_THROW(require_key(std::string(256, 'a')), ArgumentError);
  FolderStore store("nowhere");
  EXPECT_THROW(store.get("../secret", 10), ArgumentError);
  EXPECT_THROW(store.put("../secret", {}), ArgumentError);
  EXPECT_THROW(store.list(".."), ArgumentError);
}

TEST(FolderStore, KeepsObjects) {
  const TemporaryDirectory directory;
  FolderStore store(own_folder(directory));
  EXPECT_EQ(store.get("a/b/c", 100), std::nullopt);
  EXPECT_FALSE(store.exists("a/b/c"));
  EXPECT_EQ(store.list(""), std::vector<std::string>{});
  store.put("a/b/c", bytes_of("hello"));
  store.put("a/d", bytes_of(""));
  EXPECT_EQ(store.get("a/b/c", 5), bytes_of("hello"));
  EXPECT_EQ(store.get("a/d", 5), Bytes{});
  EXPECT_EQ(store.get_range("a/b/c", 1, 3), bytes_of("ell"));
  EXPECT_TRUE(store.exists("a/b/c"));
  EXPECT_FALSE(store.exists("a/b"));
  EXPECT_EQ(store.list("a"), (std::vector<std::string>{"b", "d"}));
  store.put("a/b/c", bytes_of("again"));
  EXPECT_EQ(store.get("a/b/c", 5), bytes_of("again"));
  store.erase("a/b/c");
  store.erase("a/b/c");
  EXPECT_EQ(store.get("a/b/c", 5), std::nullopt);
}

TEST(FolderStore, SaysWhatIsWrong) {
  const TemporaryDirectory directory;
  const std::string folder = own_folder(directory);
  FolderStore store(folder);
  store.put("a/b", bytes_of("hello"));
  expect_error<IoError>([&] { store.get("a/b", 4); }, {"get " + folder + ":a/b: expected at most 4 bytes, found 5"});
  expect_error<IoError>([&] { store.get_range("a/b", 3, 3); }, {":a/b: expected 3 bytes from 3 on, found 5 in all"});
  expect_error<IoError>([&] { store.get("a", 10); }, {"found a directory"});
  expect_error<IoError>([&] { store.put("a", bytes_of("x")); }, {"put " + folder + ":a: expected a free name"});
  expect_error<IoError>([&] { store.put("a/b/c", bytes_of("x")); }, {"put " + folder + ":a/b/c: expected a place"});
  EXPECT_EQ(store.list("a"), std::vector<std::string>{"b"});
}

TEST(FolderStore, ReadersSeeWholeObjectsWhileOthersWrite) {
  const TemporaryDirectory directory;
  FolderStore store(own_folder(directory));
  constexpr int kWriters = 3, kRounds = 5;
  constexpr std::size_t kSize = 300000;
  store.put("x", Bytes(kSize, std::byte{0}));
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&store, writer] {
      for (int round = 0; round < kRounds; ++round) store.put("x", Bytes(kSize, static_cast<std::byte>(writer)));
    });
  }
  for (int round = 0; round < kRounds; ++round) {
    const auto bytes = store.get("x", kSize);
    ASSERT_TRUE(bytes && bytes->size() == kSize);
    EXPECT_EQ(std::count(bytes->begin(), bytes->end(), bytes->front()), std::ssize(*bytes));
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(store.list(""), std::vector<std::string>{"x"});
}

TEST(FolderStore, AFileSizeLimitIsAnError) {
  const TemporaryDirectory directory;
  FolderStore store(own_folder(directory));
  store.put("x", bytes_of("before"));
  const testing_support::FileSizeLimit limit(1000);
  expect_error<IoError>([&] { store.put("x", Bytes(2000)); }, {":x: expected room for", "File too large"});
  EXPECT_EQ(store.get("x", 100), bytes_of("before"));
  EXPECT_EQ(store.list(""), std::vector<std::string>{"x"});
}

TEST(FolderStore, RemovesWhatKilledWritersLeft) {
  const TemporaryDirectory directory;
  FolderStore store(own_folder(directory));
  store.put("a/b", bytes_of("hello"));
  const std::string leftover = own_folder(directory) + "/a/b.0123456789abcdef.partial";
  std::ofstream(leftover) << "hel";
  EXPECT_EQ(store.list("a"), std::vector<std::string>{"b"});
  store.remove_leftovers();
  EXPECT_FALSE(std::filesystem::exists(leftover));
  EXPECT_TRUE(store.exists("a/b"));
}

}  // namespace
}  // namespace tessera
