#include "spectral_ceilings.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/elementwise.hpp"
#include "kernels/products.hpp"
#include "tessera/core/buffer.hpp"
#include "tessera/core/threads.hpp"

namespace tessera::bench {

namespace {

constexpr Index kSide = 512;
constexpr Index kBytes = 256'000'000;
constexpr Index kCount = kBytes / static_cast<Index>(sizeof(float));

/// One thread's matrices and arrays.
struct Arrays {
  Arrays() : a(kSide * kSide), b(kSide * kSide), c(kSide * kSide), from(kCount), to(kCount) {
    for (Buffer<float>* buffer : {&a, &b, &c, &from, &to}) std::fill_n(buffer->data(), buffer->size(), 1.0F);
  }

  Buffer<float> a, b, c, from, to;
  std::uint64_t sum = 0;
};

/// Sums whole words: integers may be added in any order, which lets the compiler read as fast as it can.
std::uint64_t sum_of_words(const Buffer<float>& values) {
  std::uint64_t sum = 0;
  const auto* bytes = reinterpret_cast<const char*>(values.data());
  for (Index i = 0; i < kBytes; i += static_cast<Index>(sizeof(std::uint64_t))) {
    std::uint64_t word;
    std::memcpy(&word, bytes + i, sizeof word);
    sum += word;
  }
  return sum;
}

}  // namespace

Ceilings measure_ceilings(Harness& harness) {
  Ceilings ceilings;
  const Index threads = thread_count();
  const double flops = 2.0 * static_cast<double>(threads * kSide * kSide * kSide);
  const double bytes = static_cast<double>(threads * kBytes);
  harness.run("ceiling", {{"threads", threads}}, [&](Case& current) {
    std::vector<Arrays> arrays(static_cast<std::size_t>(threads));
    const auto on_threads = [&](const std::function<void(Arrays&)>& body) {
      return
          [&, body] { parallel_for(threads, [&](Index item, int) { body(arrays[static_cast<std::size_t>(item)]); }); };
    };
    const std::vector<Contender> contenders = {
        {"fma",
         on_threads([](Arrays& t) {
           kernels::multiply(kSide, kSide, kSide, t.a.data(), kSide, t.b.data(), kSide, t.c.data(), kSide, false);
         }),
         {},
         {},
         0.0,
         [=](double seconds) {
           return Fields{{"gigaflops_per_s", 1e-9 * flops / seconds}};
         }},
        {"copy", on_threads([](Arrays& t) { std::memcpy(t.to.data(), t.from.data(), kBytes); }), {}, {}, 2 * bytes},
        {"read", on_threads([](Arrays& t) { t.sum += sum_of_words(t.from); }), {}, {}, bytes},
        {"update", on_threads([](Arrays& t) { kernels::scale(kCount, 1.0F, t.to.data()); }), {}, {}, 2 * bytes}};
    const std::vector<Record> records = current.compare(contenders);
    for (std::size_t i = 0; i < records.size(); ++i) {
      const double fastest = *std::min_element(records[i].times_s.begin(), records[i].times_s.end());
      double& ceiling = i == 0 ? ceilings.gigaflops_per_s : ceilings.gigabytes_per_s;
      ceiling = std::max(ceiling, 1e-9 * (i == 0 ? flops : contenders[i].payload_bytes) / fastest);
    }
  });
  return ceilings;
}

Contender with_figures(Contender contender, const Work& work, const Ceilings& ceilings) {
  contender.payload_bytes = work.bytes;
  contender.fields.emplace_back("gigaflop", 1e-9 * work.flops);
  contender.fields.emplace_back("flops_counted", work.counted);
  contender.figures = [work, ceilings](double seconds) {
    const double gigaflops = 1e-9 * work.flops / seconds, gigabytes = 1e-9 * work.bytes / seconds;
    Fields figures = {{"gigaflops_per_s", gigaflops}};
    if (ceilings.gigaflops_per_s > 0.0) figures.emplace_back("of_fma_peak", gigaflops / ceilings.gigaflops_per_s);
    if (ceilings.gigabytes_per_s > 0.0) figures.emplace_back("of_bandwidth", gigabytes / ceilings.gigabytes_per_s);
    return figures;
  };
  return contender;
}

}  // namespace tessera::bench
