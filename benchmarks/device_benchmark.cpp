/// \file
/// What a device does with its memory: the passes of a block of a Fourier neural operator as shares of its measured
/// copy bandwidth, and the block against cuFFT and cuBLAS.

#include <cmath>
#include <optional>

#include "device_passes.hpp"
#include "device_unfused.hpp"
#include "harness.hpp"
#include "kernels/elementwise.hpp"
#include "tessera/comm/mpi_environment.hpp"

namespace {

using namespace tessera;

struct Settings {
  std::vector<std::string> parts = {"transforms", "modes", "pointwise", "projection", "unfused"};
  std::string transforms = "matrix";
  Index copy_mebibytes = 1024;
  Index calls = 5;
};

/// Bytes per second of a copy within the device, read and written counted; also that of a kernel that does both.
double copy_bandwidth(bench::Harness& harness, const Settings& settings) {
  double bandwidth = 0.0;
  const Index count = settings.copy_mebibytes << 18;
  harness.run("bandwidth", {{"mebibytes", settings.copy_mebibytes}}, [&](bench::Case& c) {
    const Device device = harness.world()->device();
    const auto from = bench::some_values<float>(device, count);
    Storage<float> to = bench::some_values<float>(device, count);
    const double bytes = 8.0 * static_cast<double>(count);
    const auto records =
        c.compare({{"copy", [&] { copy_async(device.stream(), count, from.data(), to.data()); }, {}, {}, bytes},
                   {"kernel", [&] { kernels::scale(device.stream(), count, 1.0f, to.data()); }, {}, {}, bytes}},
                  settings.calls);
    bandwidth = bytes / records.front().median_s;
  });
  if (bandwidth == 0.0) throw CudaError("device: the copy bandwidth cannot be measured, see above");
  return bandwidth;
}

bench::Fields figures(const bench::Work& work, double median_s, double bandwidth) {
  const double rate = work.bytes / median_s;
  return {{"gigabytes_per_s", 1e-9 * rate},
          {"share_of_copy", rate / bandwidth},
          {"gigaflops", 1e-9 * work.operations / median_s}};
}

void measure(bench::Harness& harness, const std::vector<bench::Pass>& passes, const bench::Fields& fields,
             const Settings& settings, double bandwidth) {
  for (const bench::Pass& pass : passes) {
    harness.run(pass.name, fields, [&](bench::Case& c) {
      bench::Contender contender{pass.name, pass.run};
      contender.figures = [&](double median_s) { return figures(pass.work, median_s, bandwidth); };
      c.time(contender, settings.calls);
    });
  }
}

/// |a - b| / |a| on the device; b is overwritten.
double difference(const Device& device, const Storage<float>& a, Storage<float>& b) {
  Storage<double> sums(device, 2);
  kernels::real_dot(device.stream(), a.size(), a.data(), a.data(), sums.data());
  kernels::axpy(device.stream(), a.size(), -1.0f, a.data(), b.data());
  kernels::real_dot(device.stream(), b.size(), std::as_const(b).data(), std::as_const(b).data(), sums.data() + 1);
  std::vector<double> found(2);
  copy_values(device, 2, std::as_const(sums).data(), found.data());
  return std::sqrt(found[1] / found[0]);
}

/// The relative difference of the two ways to compute a block.
double check(bench::DeviceBlock& block, bench::UnfusedBlock& unfused) {
  block.convolve();
  block.activate();
  Storage<float> expected(block.device(), block.activated.size());
  copy_values(block.device(), block.activated.size(), std::as_const(block.activated).data(), expected.data());
  unfused.convolve();
  unfused.activate();
  return difference(block.device(), expected, block.activated);
}

void compare_unfused(bench::Harness& harness, bench::DeviceBlock& block, const bench::Fields& fields,
                     const Settings& settings) {
  if (const std::string reason = bench::why_not_unfused(); !reason.empty()) {
    if (harness.world()->rank() == 0) std::printf("# not compared with cuFFT and cuBLAS: %s\n", reason.c_str());
    return;
  }
  std::optional<bench::UnfusedBlock> unfused;
  const auto compare = [&](const std::string& name, const std::function<void()>& ours,
                           const std::function<void()>& theirs) {
    harness.run("unfused/" + name, fields, [&](bench::Case& c) {
      if (!unfused) unfused.emplace(block);
      c.note({{"relative_difference", check(block, *unfused)}});
      c.compare({{"tessera", ours}, {"cufft-cublas", theirs}}, settings.calls);
    });
  };
  compare(
      "transform", [&] { block.forward_transform(); }, [&] { unfused->forward_transform(); });
  compare(
      "mode_mixing", [&] { block.mix(); }, [&] { unfused->mix(); });
  compare(
      "convolution", [&] { block.convolve(); }, [&] { unfused->convolve(); });
  compare(
      "block",
      [&] {
        block.convolve();
        block.activate();
      },
      [&] {
        unfused->convolve();
        unfused->activate();
      });
}

void run_parts(bench::Harness& harness, const bench::Options& options, const Settings& settings) {
  const double bandwidth = copy_bandwidth(harness, settings);
  const bench::Fields fields = {
      {"grid", options.grid}, {"modes", options.modes}, {"width", options.width}, {"transforms", settings.transforms}};
  const TransformEngine engine = settings.transforms == "matrix" ? TransformEngine::matrix
                                 : settings.transforms == "fft"  ? TransformEngine::fft
                                                                 : TransformEngine::automatic;
  bench::DeviceBlock block(SpectralGrid(options.grid, options.modes), options.width, engine, harness.world()->device());
  for (const std::string& part : settings.parts) {
    if (part == "unfused") {
      compare_unfused(harness, block, fields, settings);
      continue;
    }
    const std::vector<bench::Pass> passes = part == "transforms"  ? transform_passes(block)
                                            : part == "modes"     ? mode_passes(block)
                                            : part == "pointwise" ? pointwise_passes(block)
                                                                  : projection_passes(block, options.hidden);
    measure(harness, passes, fields, settings, bandwidth);
  }
}

int benchmark_device(int argc, char** argv, const bench::World& world) {
  bench::Options options;
  options.grid = {64, 64, 64, 32};
  options.modes = {8, 8, 8, 8};
  options.device = "cuda";
  Settings settings;
  using enum bench::Option;
  bench::CommandLine line("device",
                          "The passes of one block on one CUDA device, as shares of its measured copy bandwidth, and "
                          "the block against cuFFT and cuBLAS.",
                          options, {grid, modes, width, hidden});
  line.add("--parts", settings.parts, "which", {"transforms", "modes", "pointwise", "projection", "unfused"});
  line.add("--transforms", settings.transforms, "how ours are computed; automatic: whichever is measured to be faster",
           {"automatic", "matrix", "fft"});
  line.add("--copy-mebibytes", settings.copy_mebibytes, "what the copy bandwidth is measured with");
  line.add("--calls", settings.calls, "calls per repeat");
  if (!line.parse(argc, argv, *world)) return 0;
  if (world->size() > 1) throw ConfigError("expected one rank, found " + std::to_string(world->size()));
  if (settings.copy_mebibytes < 1 || settings.calls < 1) {
    throw ConfigError("expected --copy-mebibytes and --calls of at least 1");
  }
  bench::Harness harness("device", world, options);
  run_parts(harness, options, settings);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return tessera::run_program(argc, argv,
                              [&](const bench::World& world) { return benchmark_device(argc, argv, world); });
}
