#include "tessera/core/threads.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "tessera/core/error.hpp"

namespace tessera {
namespace {

/// Restores the number of threads.
class Threads : public testing::Test {
 protected:
  ~Threads() override { set_thread_count(before_); }
  int before_ = thread_count();
};

TEST_F(Threads, EveryItemIsDoneOnceByAThreadThatExists) {
  for (const int threads : {1, 2, 5}) {
    set_thread_count(threads);
    EXPECT_EQ(thread_count(), threads);
    for (const Index items : {Index{0}, Index{1}, Index{3}, Index{100}}) {
      std::vector<std::atomic<int>> done(static_cast<std::size_t>(items));
      std::atomic<bool> in_range = true;
      parallel_for(items, [&](Index item, int thread) {
        ++done[static_cast<std::size_t>(item)];
        if (thread < 0 || thread >= threads) in_range = false;
      });
      EXPECT_TRUE(in_range);
      for (const auto& count : done) EXPECT_EQ(count, 1);
    }
  }
}

TEST_F(Threads, AnExceptionOfABodyReachesTheCaller) {
  for (const int threads : {1, 3}) {
    set_thread_count(threads);
    EXPECT_THROW(parallel_for(20,
                              [](Index item, int) {
                                if (item == 7) throw IoError("item 7");
                              }),
                 IoError);
  }
}

TEST_F(Threads, ThereIsAtLeastOne) { EXPECT_THROW(set_thread_count(0), ArgumentError); }

}  // namespace
}  // namespace tessera
