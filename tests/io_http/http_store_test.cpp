/// The store on HTTP against object_server.py, which http_store_test.py runs; it says where by two variables of the
/// environment. The first part of a path is the way that server answers.

#include "io/http_store.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "io/hdf5_test_support.hpp"
#include "io/url.hpp"
#include "tessera/io/dataset.hpp"
#include "tessera/io/sample_writer.hpp"
#include "tessera/io/zarr_group.hpp"

namespace tessera {
namespace {

using testing_support::expect_error;
using testing_support::on_rank_zero;
using testing_support::world;

constexpr Index kMost = 1 << 20;
const std::string kText = "0123456789";
const DatasetLayout kLayout{4, {1, 6, 4}, {2, 6, 8}, {"x", "t"}, {0.5, 0.1}, {{"generator", "a test"}}};
const HttpPatience kShort{std::chrono::seconds(1), std::chrono::seconds(1), 3, std::chrono::milliseconds(10)};

std::string server() { return std::getenv("TESSERA_TEST_SERVER"); }
std::string folder() { return std::getenv("TESSERA_TEST_FOLDER"); }

std::string text_of(const std::optional<Bytes>& bytes) {
  return bytes ? std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size()) : "none";
}

/// Answers in a way; its faults are counted for each rank and test by itself.
std::shared_ptr<ObjectStore> store(const std::string& way, const HttpPatience& patience = kShort) {
  const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string rank = std::to_string(world()->size()) + "-" + std::to_string(world()->rank());
  return make_http_store(server() + "/" + way + "/objects?" + test + "-" + rank, patience);
}

/// "http://127.0.0.1:<port>/<way>/objects?...:digits"
std::string place(const std::string& way) { return server() + "/" + way + "/objects?...:digits"; }

class HttpStore : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    on_rank_zero([] {
      std::filesystem::create_directories(folder() + "/objects/a");
      std::ofstream(folder() + "/objects/digits") << kText;
      std::ofstream(folder() + "/objects/empty");
      std::ofstream(folder() + "/objects/a/b c+%?#\xc3\xbc") << "strange";
      std::ofstream(folder() + "/objects/long") << std::string(20000, 'x');
    });
  }
};

TEST(Url, HidesSecrets) {
  const Url url = parse_url("HTTPS://me:pa@ss@host:81/a%20b/c.zarr/?signature=1");
  EXPECT_EQ(url.origin(), "https://host:81");
  EXPECT_EQ(url.user_info, "me:pa@ss");
  EXPECT_EQ(url.below("x/0.0 ?").address(), "https://host:81/a%20b/c.zarr/x/0.0%20%3F?signature=1");
  EXPECT_EQ(printable_location("http://me:secret@host/a?key=1"), "http://host/a?...");
  EXPECT_EQ(printable_location("a@b/c?d"), "a@b/c?d");
  for (const char* text :
       {"http://", "http:///path", "http://me:secret@/path", "http://me:secret@host/a b", "http://h/#x"}) {
    try {
      parse_url(text);
      ADD_FAILURE() << text;
    } catch (const ArgumentError& error) {
      EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
    }
  }
}

TEST_F(HttpStore, ReadsObjects) {
  const auto plain = store("plain");
  EXPECT_EQ(text_of(plain->get("digits", 10)), kText);
  EXPECT_EQ(plain->get("empty", 10), Bytes{});
  EXPECT_EQ(text_of(plain->get("a/b c+%?#\xc3\xbc", 10)), "strange");
  EXPECT_EQ(plain->get("none", 10), std::nullopt);
  EXPECT_EQ(text_of(plain->get_range("digits", 3, 4)), "3456");
  EXPECT_EQ(plain->get_range("digits", 3, 0), Bytes{});
  EXPECT_EQ(plain->get_range("none", 3, 4), std::nullopt);
  EXPECT_EQ(text_of(store("slow")->get("long", kMost)), std::string(20000, 'x'));
  for (const char* way : {"plain", "no-head"}) {
    EXPECT_TRUE(store(way)->exists("digits") && store(way)->exists("empty")) << way;
    EXPECT_FALSE(store(way)->exists("none")) << way;
  }
  EXPECT_THROW(plain->get("../digits", 10), ArgumentError);
}

TEST_F(HttpStore, IsReadOnly) {
  const auto plain = store("plain");
  expect_error<IoError>([&] { plain->put("digits", {}); },
                        {"put " + place("plain"), "expected a store that can be written"});
  EXPECT_THROW(plain->erase("digits"), IoError);
  EXPECT_THROW(plain->list(""), IoError);
  EXPECT_THROW(plain->remove_leftovers(), IoError);
  expect_error<IoError>([&] { SampleWriter::create(server() + "/plain/new.zarr", kLayout); }, {"SampleWriter http://"});
  expect_error<IoError>([&] { DatasetWriter(server() + "/plain/new.zarr", kLayout, world()); },
                        {"DatasetWriter http://"});
}

TEST_F(HttpStore, RangesMayBeIgnoredButNotWrong) {
  EXPECT_EQ(text_of(store("no-range")->get_range("digits", 3, 4)), "3456");
  EXPECT_EQ(text_of(store("no-range")->get_range("digits", 6, 4)), "6789");
  EXPECT_EQ(store("endless")->get_range("digits", 300000, 5), Bytes(5));
  expect_error<IoError>([&] { store("no-range")->get_range("digits", 8, 4); },
                        {"get_range " + place("no-range"), "expected 4 bytes from 8 on, found 2 bytes"});
  expect_error<IoError>([&] { store("plain")->get_range("digits", 8, 4); }, {"\"bytes 8-11/...\"", "\"bytes 8-9/10\""});
  expect_error<IoError>([&] { store("plain")->get_range("digits", 10, 1); }, {"an object that ends before"});
  expect_error<IoError>([&] { store("other-range")->get_range("digits", 3, 4); }, {"bytes 3-6/", "bytes 4-7/10"});
  expect_error<IoError>([&] { store("long-range")->get_range("digits", 3, 4); },
                        {"expected at most 4 bytes, found 1003"});
}

TEST_F(HttpStore, AsksAgain) {
  EXPECT_EQ(text_of(store("unavailable-twice")->get("digits", 10)), kText);
  EXPECT_EQ(text_of(store("cut-once")->get("digits", 10)), kText);
  EXPECT_EQ(text_of(store("dropped-once")->get("digits", 10)), kText);
  expect_error<IoError>([&] { store("unavailable")->get("digits", 10); },
                        {"get " + place("unavailable"), "found HTTP status 503 in the last of 3 attempts"});
  expect_error<IoError>([&] { store("cut")->get("digits", 10); },
                        {"found only 5 of 10 bytes in the last of 3 attempts"});
  expect_error<IoError>([&] { store("forbidden")->get("digits", 10); }, {"expected an object, found HTTP status 403"});
  expect_error<IoError>([&] { store("forbidden")->exists("digits"); }, {"found HTTP status 403"});
  HttpPatience once = kShort;
  once.attempts = 1;
  expect_error<IoError>([&] { store("stalled", once)->get("digits", 10); }, {place("stalled"), "last of 1 attempts"});
  expect_error<IoError>([&] { make_http_store("http://127.0.0.1:1/x", once)->get("digits", 10); },
                        {"get http://127.0.0.1:1/x:digits: expected an answer"});
}

TEST_F(HttpStore, BoundsWhatAServerSends) {
  expect_error<IoError>([&] { store("plain")->get("digits", 9); },
                        {"get " + place("plain") + ": expected at most 9 bytes, found 10"});
  expect_error<IoError>([&] { store("endless")->get("digits", kMost); },
                        {"expected at most 1048576 bytes, found more"});
  expect_error<IoError>([&] { store("endless-headers")->get("digits", kMost); }, {"of headers"});
  EXPECT_EQ(store("endless-error")->get("digits", kMost), std::nullopt);
  EXPECT_EQ(text_of(store("endless-redirect")->get("digits", kMost)), kText);
  // Its answer to HEAD has a body, which is still to come on the connection.
  EXPECT_FALSE(store("endless-error")->exists("digits"));
  EXPECT_EQ(text_of(store("plain")->get("digits", 10)), kText);
}

TEST_F(HttpStore, FollowsAFewRedirects) {
  EXPECT_EQ(text_of(store("redirect")->get("digits", 10)), kText);
  EXPECT_EQ(text_of(store("redirect")->get_range("digits", 3, 4)), "3456");
  EXPECT_TRUE(store("redirect")->exists("digits"));
  expect_error<IoError>([&] { store("loop")->get("digits", 10); }, {"expected at most 5 redirects"});
  expect_error<IoError>([&] { store("to-file")->get("digits", kMost); }, {"a redirect to a URL of HTTP"});
}

TEST_F(HttpStore, GivesCredentialsToTheirServerAlone) {
  const std::string rest = server().substr(std::string("http://").size());
  const auto locked = [&](const std::string& user) {
    return make_http_store("http://" + user + rest + "/locked/objects");
  };
  EXPECT_EQ(text_of(locked("user:p%40ss@")->get("digits", 10)), kText);
  expect_error<IoError>([&] { locked("user:wrong@")->get("digits", 10); }, {"get " + server() + "/locked", "401"});
  setenv("TESSERA_HTTP_HEADER", "Authorization: Bearer secret\nX-Api-Key: hidden", 1);
  const std::string own = text_of(make_http_store(server() + "/echo")->get("x", kMost));
  const std::string other = text_of(make_http_store("http://user:password@" + rest + "/elsewhere")->get("x", kMost));
  EXPECT_THAT(own, testing::AllOf(testing::HasSubstr("Bearer secret"), testing::HasSubstr("X-Api-Key: hidden")));
  EXPECT_THAT(other, testing::HasSubstr("Host: localhost"));
  EXPECT_THAT(other, testing::Not(testing::AnyOf(testing::HasSubstr("secret"), testing::HasSubstr("hidden"),
                                                 testing::HasSubstr("Authorization"))));
  setenv("TESSERA_HTTP_HEADER", "secret", 1);
  try {
    make_http_store(server());
    ADD_FAILURE();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("secret")));
  }
  unsetenv("TESSERA_HTTP_HEADER");
}

TEST_F(HttpStore, ServesThreads) {
  const auto plain = store("plain");
  std::vector<std::thread> threads;
  std::vector<int> right(8, 0);
  for (int& count : right) {
    threads.emplace_back([&count, &plain] {
      for (Index i = 0; i < 10; ++i) count += text_of(plain->get_range("digits", i, 1)) == std::to_string(i) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, std::vector<int>(8, 10));
}

TEST_F(HttpStore, AForkedProcessLeavesConnectionsToItsParent) {
  const auto plain = store("plain");
  plain->exists("digits");
  const auto right = [&] {
    int count = 0;
    for (Index i = 0; i < 10; ++i) count += text_of(plain->get_range("digits", i, 1)) == std::to_string(i) ? 1 : 0;
    return count;
  };
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(right());
  EXPECT_EQ(right(), 10);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 10);
}

/// Chunks of one sample and three rows.
void write_dataset(const std::string& path) {
  on_rank_zero([&] {
    if (is_store(path)) return;
    SampleWriter::create(path, kLayout, {{1, 3, 4}, {1, 3, 8}});
    SampleWriter writer = SampleWriter::open(path);
    for (Index sample = 0; sample < kLayout.sample_count; ++sample) {
      std::vector<float> input(24), output(96);
      for (std::size_t i = 0; i < output.size(); ++i)
        output[i] = static_cast<float>(i) - 7.5F * static_cast<float>(sample);
      std::copy_n(output.rbegin(), input.size(), input.begin());
      writer.write_sample(sample, input, output);
    }
    writer.finish();
  });
}

DistTensor<float> batch(const Shape& shape, const Shape& cuts) {
  return DistTensor<float>::zeros({shape, Partition(world(), cuts)});
}

bool equal(const DistTensor<float>& a, const DistTensor<float>& b) {
  return std::equal(a.data(), a.data() + a.local_size(), b.data());
}

void expect_equal(const Dataset& expected, const Dataset& found) {
  const std::vector<Index> samples{2, 0, 3, 3};
  for (const Shape& cuts : {Shape{1, 1, world()->size(), 1}, Shape{1, 1, 1, world()->size()}}) {
    DistTensor<float> truth = batch({4, 2, 6, 8}, cuts), output = batch({4, 2, 6, 8}, cuts);
    expected.read_outputs(samples, truth);
    found.read_outputs(samples, output);
    EXPECT_TRUE(equal(truth, output));
    DistTensor<float> start = batch({4, 1, 6, 4}, cuts), input = batch({4, 1, 6, 4}, cuts);
    expected.read_inputs(samples, start);
    found.read_inputs(samples, input);
    EXPECT_TRUE(equal(start, input));
  }
}

TEST_F(HttpStore, HoldsDataSets) {
  const std::string path = folder() + "/train.zarr", separate = folder() + "/separate.zarr";
  write_dataset(path);
  write_dataset(separate);
  on_rank_zero([&] { std::filesystem::remove(separate + "/.zmetadata"); });
  const Dataset local(path, world());
  for (const std::string url : {"/plain/train.zarr", "/no-head/train.zarr/", "/redirect/separate.zarr"}) {
    const Dataset remote(server() + url, world());
    EXPECT_EQ(remote.format(), DatasetFormat::zarr);
    EXPECT_EQ(remote.axis_names(), local.axis_names());
    EXPECT_EQ(remote.layout().provenance, local.layout().provenance);
    expect_equal(local, remote);
  }
  on_rank_zero([&] {
    std::filesystem::remove_all(folder() + "/unfinished.zarr");
    SampleWriter::create(folder() + "/unfinished.zarr", kLayout);
  });
  expect_error<IoError>([&] { Dataset(server() + "/plain/unfinished.zarr", world()); },
                        {"list " + server() + "/plain/unfinished.zarr:written: expected a store that tells its names"});
  expect_error<IoError>([&] { Dataset(server() + "/plain/none.zarr", world()); },
                        {"open " + server() + "/plain/none.zarr: expected a Zarr group, found no .zgroup"});
}

}  // namespace
}  // namespace tessera
