#include "tessera/io/object_cache.hpp"

#include <filesystem>
#include <fstream>
#include <latch>
#include <thread>

#include "core/file_lock.hpp"
#include "io/hdf5_test_support.hpp"
#include "io/memory_store.hpp"
#include "tessera/io/folder_store.hpp"

namespace tessera {
namespace {

namespace fs = std::filesystem;
using testing_support::expect_error;
using testing_support::MemoryStore;
using testing_support::on_rank_zero;
using testing_support::TemporaryDirectory;
using testing_support::world;

constexpr Index kRoomy = Index{1} << 20;
constexpr Index kMost = 1000;
/// Bytes beside an object's own: hash, key of five letters, line feed.
constexpr Index kOverhead = 32 + 5 + 1;

/// A folder of this rank's own.
std::string own_folder(const TemporaryDirectory& directory) { return directory.file(std::to_string(world()->rank())); }

std::string text_of(const std::optional<Bytes>& bytes) {
  if (!bytes) return "nothing";
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

std::shared_ptr<MemoryStore> store_with(const std::map<std::string, std::string>& objects) {
  auto store = std::make_shared<MemoryStore>();
  for (const auto& [key, text] : objects) store->put_text(key, text);
  return store;
}

/// The files of kept objects, whose names are hashes two folders down.
std::vector<fs::path> objects_in(const std::string& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().filename().string().size() == 32) files.push_back(entry.path());
  }
  return files;
}

TEST(ObjectCache, ReadsAnObjectOnceFromItsStore) {
  const TemporaryDirectory directory;
  const auto store = store_with({{"a/0.0", "first"}, {"a/0.1", ""}, {"a/.zarray", "{}"}});
  const ObjectCache cache(own_folder(directory), kRoomy);
  const auto cached = cache.through(store, "set");
  for (int time = 0; time < 3; ++time) {
    EXPECT_EQ(text_of(cached->get("a/0.0", kMost)), "first");
    EXPECT_EQ(text_of(cached->get("a/0.1", kMost)), "");
    EXPECT_EQ(text_of(cached->get("a/none", kMost)), "nothing");
  }
  EXPECT_EQ(store->reads, 2 + 3);
  // What describes others is asked for every time.
  EXPECT_EQ(text_of(cached->get("a/.zarray", kMost)), "{}");
  store->put_text("a/.zarray", "{1}");
  EXPECT_EQ(text_of(cached->get("a/.zarray", kMost)), "{1}");
  const CacheUse use = cache.use();
  EXPECT_EQ(use.found, 4);
  EXPECT_EQ(use.fetched, 2);
  EXPECT_EQ(use.found_bytes, 2 * 5);
  EXPECT_EQ(use.fetched_bytes, 5);
  EXPECT_EQ(use.damaged + use.not_kept, 0);
  EXPECT_EQ(cache.used(), 5 + 2 * kOverhead);
  EXPECT_THROW(cached->get("../secret", kMost), ArgumentError);
}

TEST(ObjectCache, OutlivesTheProcessThatFilledIt) {
  const TemporaryDirectory directory;
  const auto store = store_with({{"a/0.0", "first"}});
  ObjectCache(own_folder(directory), kRoomy).through(store, "set")->get("a/0.0", kMost);
  const ObjectCache later(own_folder(directory), kRoomy);
  EXPECT_EQ(text_of(later.through(store_with({}), "set")->get("a/0.0", kMost)), "first");
  // The same key of another set is another object.
  EXPECT_EQ(text_of(later.through(store_with({{"a/0.0", "other"}}), "other set")->get("a/0.0", kMost)), "other");
  EXPECT_EQ(text_of(later.through(store_with({}), "set")->get("a/0.0", kMost)), "first");
}

TEST(ObjectCache, FindsDamage) {
  const TemporaryDirectory directory;
  const auto store = store_with({{"a/0.0", "the object"}});
  const std::string folder = own_folder(directory);
  const ObjectCache cache(folder, kRoomy);
  const auto cached = cache.through(store, "set");
  cached->get("a/0.0", kMost);
  const auto files = objects_in(folder);
  ASSERT_EQ(files.size(), 1U);
  std::string sound(fs::file_size(files[0]), ' ');
  std::ifstream(files[0], std::ios::binary).read(sound.data(), std::ssize(sound));
  Index damaged = 0;
  const auto expect_found_out = [&](const std::string& contents, const std::string& how) {
    std::ofstream(files[0], std::ios::binary) << contents;
    EXPECT_EQ(text_of(cached->get("a/0.0", kMost)), "the object") << how;
    EXPECT_EQ(cache.use().damaged, ++damaged) << how;
    EXPECT_EQ(text_of(cached->get("a/0.0", kMost)), "the object") << how;
    EXPECT_EQ(cache.use().damaged, damaged) << how;
  };
  for (std::size_t place = 0; place < sound.size(); ++place) {
    std::string contents = sound;
    contents[place] = static_cast<char>(contents[place] ^ 1);
    expect_found_out(contents, "byte " + std::to_string(place));
  }
  for (std::size_t length = 0; length < sound.size(); length += 7) {
    expect_found_out(sound.substr(0, length), std::to_string(length) + " bytes");
  }
  expect_found_out(sound + "x", "too long");
}

TEST(ObjectCache, KeepsWithinItsLimitAndReadsTheRestFromTheStore) {
  const TemporaryDirectory directory;
  const auto store = store_with({{"a/0.0", "first"}, {"a/0.1", "other"}, {"a/0.2", "third"}});
  const ObjectCache cache(own_folder(directory), 2 * (5 + kOverhead) + 4);
  const auto cached = cache.through(store, "set");
  for (int epoch = 0; epoch < 3; ++epoch) {
    EXPECT_EQ(text_of(cached->get("a/0.0", kMost)), "first");
    EXPECT_EQ(text_of(cached->get("a/0.1", kMost)), "other");
    EXPECT_EQ(text_of(cached->get("a/0.2", kMost)), "third");
  }
  EXPECT_EQ(cache.use().found, 4);
  EXPECT_EQ(cache.use().fetched, 2 + 3);
  EXPECT_EQ(cache.use().not_kept, 3);
  EXPECT_EQ(cache.used(), 2 * (5 + kOverhead));
  EXPECT_EQ(objects_in(own_folder(directory)).size(), 2U);
}

TEST(ObjectCache, MakesRoomAtTheCostOfSetsThatNoOneReads) {
  const TemporaryDirectory directory;
  const std::string folder = own_folder(directory);
  const Index two = 2 * (5 + kOverhead);
  const auto object = [](const std::string& text) { return store_with({{"a/0.0", text}}); };
  ObjectCache(folder, two).through(object("older"), "older")->get("a/0.0", kMost);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ObjectCache(folder, two).through(object("newer"), "newer")->get("a/0.0", kMost);
  const ObjectCache cache(folder, two);
  const auto present = cache.through(object("third"), "third");
  present->get("a/0.0", kMost);
  EXPECT_EQ(cache.used(), two);
  EXPECT_EQ(text_of(cache.through(object("fetched"), "newer")->get("a/0.0", kMost)), "newer");
  // Now all that is there is in use, and stays.
  const auto newer = cache.through(object("fetched"), "newer");
  const ObjectCache another(folder, two);
  EXPECT_EQ(text_of(another.through(object("fetched"), "older")->get("a/0.0", kMost)), "fetched");
  EXPECT_EQ(another.use().not_kept, 1);
  EXPECT_EQ(text_of(present->get("a/0.0", kMost)), "third");
  EXPECT_EQ(cache.use().fetched, 1);
}

TEST(ObjectCache, CountsAnewWhenItsAccountIsLost) {
  const TemporaryDirectory directory;
  const std::string folder = own_folder(directory);
  const auto store = store_with({{"a/0.0", "first"}});
  const ObjectCache cache(folder, kRoomy);
  cache.through(store, "set")->get("a/0.0", kMost);
  for (const std::string account : {"", "12x", "-5", "99999999999999999999"}) {
    std::ofstream(folder + "/used") << account;
    EXPECT_EQ(cache.used(), 5 + kOverhead) << account;
  }
}

TEST(ObjectCache, AnObjectThatThreadsAndRanksWantAtOnceIsFetchedByOne) {
  const TemporaryDirectory directory;
  // A store that all ranks share, and that says when it is read.
  on_rank_zero([&] { FolderStore(directory.file("store")).put("a/0.0", std::as_bytes(std::span("shared", 6))); });
  const ObjectCache cache(directory.file("cache"), kRoomy);
  const auto cached = cache.through(std::make_shared<FolderStore>(directory.file("store")), "set");
  constexpr int kThreads = 4;
  std::latch start(kThreads);
  std::vector<std::jthread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      start.arrive_and_wait();
      right += text_of(cached->get("a/0.0", kMost)) == "shared" ? 1 : 0;
    });
  }
  threads.clear();
  EXPECT_EQ(right, kThreads);
  const std::vector<Index> fetched = world()->all_gather(cache.use().fetched);
  EXPECT_EQ(std::accumulate(fetched.begin(), fetched.end(), Index{0}), 1);
}

TEST(ObjectCache, ADiskThatIsFullCostsTimeAlone) {
  const TemporaryDirectory directory;
  const std::string folder = own_folder(directory);
  const auto store = store_with({{"a/0.0", std::string(5000, 'x')}});
  const ObjectCache cache(folder, kRoomy);
  const auto cached = cache.through(store, "set");
  // In the way of the folder that the object would go to.
  std::string set;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory()) set = entry.path();
  }
  for (const char* digits = "0123456789abcdef"; const char high : std::string(digits)) {
    for (const char low : std::string(digits)) std::ofstream(set + "/" + high + low) << "";
  }
  // In the way of the locks of those who fetch.
  for (int lock = 0; lock < 64; ++lock) fs::create_directory(set + "/fetch-" + std::to_string(lock));
  for (int time = 0; time < 2; ++time) EXPECT_EQ(std::ssize(cached->get("a/0.0", 5000).value()), 5000);
  EXPECT_EQ(cache.use().not_kept, 2);
}

TEST(ObjectCache, SaysWhatIsWrong) {
  const TemporaryDirectory directory;
  EXPECT_THROW(ObjectCache(own_folder(directory), -1), ArgumentError);
  std::ofstream(own_folder(directory)) << "a file";
  expect_error<IoError>([&] { ObjectCache(own_folder(directory), kRoomy); }, {own_folder(directory)});
  // What is longer than the reader accepts is the store's to say.
  const ObjectCache cache(directory.file("cache" + std::to_string(world()->rank())), kRoomy);
  const auto cached = cache.through(store_with({{"a/0.0", "first"}}), "set");
  cached->get("a/0.0", kMost);
  expect_error<IoError>([&] { cached->get("a/0.0", 3); }, {"too long"});
}

TEST(ObjectCache, WithoutALimitTakesHalfOfWhatIsFree) {
  const TemporaryDirectory directory;
  const ObjectCache cache(own_folder(directory), 0);
  EXPECT_GT(cache.limit(), 0);
  EXPECT_LT(cache.limit(), static_cast<Index>(fs::space(own_folder(directory)).capacity));
}

TEST(OriginOf, TellsAGroupFromWhatReplacesIt) {
  const TemporaryDirectory directory;
  const std::string folder = own_folder(directory);
  FolderStore store(folder);
  EXPECT_THROW(origin_of(store), IoError);
  const auto put = [&](const std::string& text) { store.put(".zgroup", std::as_bytes(std::span(text))); };
  put("{}");
  const std::string first = origin_of(store);
  EXPECT_EQ(first, origin_of(FolderStore(folder + "/../" + std::to_string(world()->rank()))));
  // The same description, written once more.
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  put("{}");
  const std::string second = origin_of(store);
  EXPECT_NE(second, first);
  put("{ }");
  EXPECT_NE(origin_of(store), second);
}

TEST(FileLock, HoldersAreInEachOthersWay) {
  const TemporaryDirectory directory;
  const std::string path = own_folder(directory);
  FileLock first = FileLock::wait(path, FileLock::Kind::shared);
  EXPECT_TRUE(FileLock::attempt(path, FileLock::Kind::shared).held());
  EXPECT_FALSE(FileLock::attempt(path, FileLock::Kind::exclusive).held());
  first = {};
  const FileLock second = FileLock::attempt(path, FileLock::Kind::exclusive);
  EXPECT_TRUE(second.held());
  EXPECT_FALSE(FileLock::attempt(path, FileLock::Kind::shared).held());
  EXPECT_THROW(FileLock::wait(path + "/none", FileLock::Kind::shared), IoError);
}

}  // namespace
}  // namespace tessera
