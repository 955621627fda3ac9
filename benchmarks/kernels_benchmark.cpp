/// \file
/// Throughput of the CPU kernels at every instruction-set level this machine can run.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <complex>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/activation.hpp"
#include "kernels/copy.hpp"
#include "kernels/cpu_dispatch.hpp"
#include "kernels/elementwise.hpp"
#include "kernels/mode_mixing.hpp"
#include "kernels/products.hpp"
#include "tessera/core/buffer.hpp"

namespace {

using benchmark::Counter;
using benchmark::State;
using tessera::Buffer;
using tessera::Index;

/// `count` ordinary numbers: no zeros, no denormals.
template <class T>
Buffer<T> filled(Index count) {
  Buffer<T> buffer(count);
  for (Index i = 0; i < count; ++i) buffer.data()[i] = static_cast<T>(static_cast<float>(i % 97) / 48.0f - 0.99f);
  return buffer;
}

void report(State& state, const char* unit, double per_iteration) {
  state.counters[unit] =
      Counter(per_iteration * static_cast<double>(state.iterations()), Counter::kIsRate, Counter::kIs1000);
}

template <class T>
void multiply(State& state) {
  const Index m = state.range(0), k = state.range(1), n = state.range(2);
  Buffer<T> a = filled<T>(m * k), b = filled<T>(k * n), c = filled<T>(m * n);
  for (auto _ : state) {
    tessera::kernels::multiply(m, n, k, a.data(), k, b.data(), n, c.data(), n, false);
    benchmark::ClobberMemory();
  }
  report(state, "flop/s", 2.0 * static_cast<double>(m * n * k));
}

template <class T>
void multiply_transposed(State& state) {
  const Index m = state.range(0), n = state.range(1), k = state.range(2);
  Buffer<T> a = filled<T>(m * k), b = filled<T>(n * k), c = filled<T>(m * n);
  for (auto _ : state) {
    tessera::kernels::multiply_transposed(m, n, k, a.data(), k, b.data(), k, c.data(), n);
    benchmark::ClobberMemory();
  }
  report(state, "flop/s", 2.0 * static_cast<double>(m * n * k));
}

template <class T>
void apply_along_axis(State& state) {
  const Index outer = state.range(0), output = state.range(1), input = state.range(2), inner = state.range(3);
  Buffer<T> w = filled<T>(output * input), bias = filled<T>(output);
  Buffer<T> x = filled<T>(outer * input * inner), y = filled<T>(outer * output * inner);
  for (auto _ : state) {
    tessera::kernels::apply_along_axis(outer, output, input, inner, w.data(), bias.data(), x.data(), y.data());
    benchmark::ClobberMemory();
  }
  report(state, "flop/s", 2.0 * static_cast<double>(outer * output * input * inner));
}

template <class T>
void accumulate_axis_gradient(State& state) {
  const Index outer = state.range(0), output = state.range(1), input = state.range(2), inner = state.range(3);
  Buffer<T> gw = filled<T>(output * input), gb = filled<T>(output);
  Buffer<T> x = filled<T>(outer * input * inner), gy = filled<T>(outer * output * inner);
  for (auto _ : state) {
    tessera::kernels::accumulate_axis_gradient(outer, output, input, inner, x.data(), gy.data(), gw.data(), gb.data());
    benchmark::ClobberMemory();
  }
  report(state, "flop/s", 2.0 * static_cast<double>(outer * output * input * inner));
}

template <class T>
void gelu(State& state) {
  const Index count = state.range(0);
  Buffer<T> x = filled<T>(count), y = filled<T>(count);
  for (auto _ : state) {
    tessera::kernels::gelu(count, x.data(), y.data());
    benchmark::ClobberMemory();
  }
  report(state, "values/s", static_cast<double>(count));
}

template <class T>
void gelu_backward(State& state) {
  const Index count = state.range(0);
  Buffer<T> x = filled<T>(count), gy = filled<T>(count), gx = filled<T>(count);
  for (auto _ : state) {
    tessera::kernels::gelu_backward(count, x.data(), gy.data(), gx.data());
    benchmark::ClobberMemory();
  }
  report(state, "values/s", static_cast<double>(count));
}

/// Arguments: batch, width, modes, and which product (0 forward, 1 adjoint of the input, 2 of the weights).
template <class T>
void mix_modes(State& state) {
  const tessera::kernels::ModeMixing size{state.range(0), state.range(1), state.range(1), state.range(2)};
  Buffer<std::complex<T>> x = filled<std::complex<T>>(size.batch * size.in * size.modes);
  Buffer<std::complex<T>> r = filled<std::complex<T>>(size.in * size.out * size.modes);
  Buffer<std::complex<T>> y = filled<std::complex<T>>(size.batch * size.out * size.modes);
  for (auto _ : state) {
    if (state.range(3) == 0) tessera::kernels::mix_modes(size, x.data(), r.data(), y.data());
    if (state.range(3) == 1) tessera::kernels::mix_modes_adjoint_input(size, y.data(), r.data(), x.data());
    if (state.range(3) == 2) tessera::kernels::mix_modes_adjoint_weight(size, y.data(), x.data(), r.data());
    benchmark::ClobberMemory();
  }
  report(state, "flop/s", 8.0 * static_cast<double>(size.batch * size.in * size.out * size.modes));
}

template <class T>
void adam_update(State& state) {
  const Index count = state.range(0);
  const tessera::kernels::AdamStep step{1e-3, 0.9, 0.999, 1e-8, 0.1, 0.001, 0, 1};
  Buffer<T> gradient = filled<T>(count), weight = filled<T>(count), first = filled<T>(count);
  Buffer<tessera::RealPart<T>> second(count);
  std::fill_n(second.data(), count, tessera::RealPart<T>(1));
  for (auto _ : state) {
    tessera::kernels::adam_update(count, step, gradient.data(), weight.data(), first.data(), second.data());
    benchmark::ClobberMemory();
  }
  report(state, "values/s", static_cast<double>(count));
}

/// A box of `rows` runs of `run` elements, cut out of rows twice as long.
template <class T>
void copy_box(State& state) {
  const Index rows = state.range(0), run = state.range(1);
  Buffer<T> source = filled<T>(2 * rows * run), destination = filled<T>(rows * run);
  for (auto _ : state) {
    tessera::kernels::copy_box<T>({rows, run}, source.data(), {2 * run, 1}, destination.data(), {run, 1});
    benchmark::ClobberMemory();
  }
  report(state, "bytes/s", static_cast<double>(2 * rows * run) * sizeof(T));
}

using Function = void (*)(State&);
using Arguments = std::vector<std::vector<std::int64_t>>;

void add(const std::string& name, const std::string& level, Function function, const Arguments& all) {
  for (const auto& arguments : all) {
    benchmark::RegisterBenchmark((level + "/" + name).c_str(), [=](State& state) {
      tessera::kernels::select_simd(level);
      function(state);
    })->Args(arguments);
  }
}

void add_level(const std::string& level) {
  const Arguments products = {{20, 20, 512},  {20, 20, 524288}, {128, 20, 512}, {128, 20, 524288}, {20, 128, 512},
                              {10000, 64, 8}, {10000, 64, 16},  {16, 64, 400},  {512, 512, 512}};
  add("multiply_float", level, multiply<float>, products);
  add("multiply_double", level, multiply<double>, {{20, 20, 512}, {128, 20, 512}, {512, 512, 512}});
  const Arguments transposed = {{20, 20, 512}, {20, 20, 524288}, {128, 20, 512}, {128, 20, 524288}};
  add("multiply_transposed_float", level, multiply_transposed<float>, transposed);
  add("multiply_transposed_double", level, multiply_transposed<double>, {{20, 20, 512}});
  const Arguments axes = {{1, 20, 20, 524288}, {64, 20, 20, 512}, {10000, 8, 16, 1}, {10000, 16, 8, 1},
                          {10000, 8, 16, 2},   {1000, 8, 16, 8},  {1000, 8, 32, 16}, {100, 8, 64, 160}};
  add("apply_along_axis_float", level, apply_along_axis<float>, axes);
  add("apply_along_axis_double", level, apply_along_axis<double>, {{64, 20, 20, 512}, {10000, 8, 16, 1}});
  add("accumulate_axis_gradient_float", level, accumulate_axis_gradient<float>, axes);
  add("gelu_float", level, gelu<float>, {{4096}, {1 << 22}});
  add("gelu_double", level, gelu<double>, {{4096}});
  add("gelu_backward_float", level, gelu_backward<float>, {{4096}, {1 << 22}});
  const Arguments mixings = {{1, 20, 100, 0},   {1, 20, 4096, 0}, {4, 20, 4096, 0},
                             {1, 20, 32768, 0}, {1, 20, 4096, 1}, {1, 20, 4096, 2}};
  add("mix_modes_float", level, mix_modes<float>, mixings);
  add("mix_modes_double", level, mix_modes<double>, {{1, 20, 4096, 0}});
  add("adam_float", level, adam_update<float>, {{4096}, {1 << 22}});
  add("adam_complex_float", level, adam_update<std::complex<float>>, {{4096}});
  add("copy_box_float", level, copy_box<float>, {{1024, 16}, {1024, 512}, {64, 65536}});
}

}  // namespace

int main(int argc, char** argv) {
  for (const std::string& level : tessera::kernels::simd_levels()) add_level(level);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
