/// \file
/// Round trips (forward and inverse) of the plain distributed FFT, against FFTW-MPI in the same run where the build has
/// it. compare_mpi4py_fft.py runs this program in turn with mpi4py-fft.

#include <complex>
#include <memory>

#include "fftw_mpi.hpp"
#include "harness.hpp"
#include "tessera/comm/mpi_environment.hpp"
#include "tessera/spectral/distributed_fft.hpp"
#include "tessera/tensor/algebra.hpp"

namespace {

using namespace tessera;

struct Settings {
  std::vector<std::string> kinds = {"complex", "real"};
  std::vector<std::string> dtypes = {"float32"};
  std::string planning = "measure";
  std::vector<std::string> contenders = {"tessera", "natural", "messages", "fftw-mpi", "fftw-mpi-natural"};
};

/// forward_into and inverse_into of one operator, on tensors made once.
template <class Fft, class Cell, class Mode>
struct RoundTrip {
  RoundTrip(const Shape& shape, std::size_t grid_axes, const Partition& partition, const DistributedFftOptions& options)
      : fft(shape, grid_axes, partition, options), x(fft.domain()), y(fft.range()) {
    fill_normal(x, RandomStream(1, "benchmark"));
  }

  void run() {
    fft.forward_into(x, y);
    fft.inverse_into(y, x);
  }
  /// |x after - x before| / |x before|
  double error() {
    DistTensor<Cell> difference = x.clone();
    run();
    axpy(-1.0, x, difference);
    return norm(difference) / norm(x);
  }

  Fft fft;
  DistTensor<Cell> x;
  DistTensor<Mode> y;
};

template <class T, bool Real>
bench::Contender our_contender(const std::string& name, const bench::Harness& harness, FftPlanning planning) {
  using Mode = std::complex<T>;
  using Cell = std::conditional_t<Real, T, Mode>;
  using Fft = std::conditional_t<Real, DistributedRealFft<T>, DistributedFft<T>>;
  const bench::Options& options = harness.options();
  Shape shape{options.batch, options.width};
  shape.insert(shape.end(), options.grid.begin(), options.grid.end());
  const Partition partition(harness.world(), bench::partition_for(options, harness.world()->size()));
  const auto trip = std::make_shared<RoundTrip<Fft, Cell, Mode>>(
      shape, options.grid.size(), partition,
      DistributedFftOptions{name == "natural" ? FftOrder::natural : FftOrder::transposed, planning,
                            name == "messages" ? FftExchange::messages : FftExchange::automatic});
  return {name, [trip] { trip->run(); }, {{"round_trip_error", trip->error()}}};
}

/// FFTW is the CPU's, and on devices tiles travel in one way only.
bool runs_on_devices(const std::string& name) { return name == "tessera" || name == "natural"; }

template <class T, bool Real>
void measure(bench::Harness& harness, const Settings& settings) {
  const bench::Options& options = harness.options();
  const bool measured = settings.planning == "measure";
  const std::string kind = Real ? "real" : "complex";
  const bench::Fields fields = {{"grid", options.grid},
                                {"batch", options.batch * options.width},
                                {"kind", kind},
                                {"dtype", std::string(scalar_name<T>())},
                                {"partition", bench::partition_for(options, harness.world()->size())},
                                {"planning", settings.planning}};
  harness.run("fft/" + kind, fields, [&](bench::Case& c) {
    std::vector<bench::Contender> contenders;
    for (const std::string& name : settings.contenders) {
      if (harness.world()->device().is_cuda() && !runs_on_devices(name)) continue;
      if (!name.starts_with("fftw")) {
        contenders.push_back(
            our_contender<T, Real>(name, harness, measured ? FftPlanning::measure : FftPlanning::estimate));
        continue;
      }
      if (options.batch * options.width != 1 || options.grid.size() < 2) continue;
      const bench::FftwMpiPlan plan{options.grid, Real, std::same_as<T, float>, name == "fftw-mpi", true, measured};
      if (const auto trip = bench::make_fftw_mpi_round_trip(plan, harness.world()->handle())) {
        contenders.push_back({name, trip->run, {}, trip->reset});
      }
    }
    c.compare(contenders);
  });
}

template <class T>
void measure_kinds(bench::Harness& harness, const Settings& settings) {
  for (const std::string& kind : settings.kinds) {
    if (kind == "real") {
      measure<T, true>(harness, settings);
    } else {
      measure<T, false>(harness, settings);
    }
  }
}

int run(int argc, char** argv, const bench::World& world) {
  using bench::Option;
  bench::Options options;
  options.grid = {128, 128, 128};
  options.width = 1;
  Settings settings;
  bench::CommandLine line("fft",
                          "Times the round trip of the plain distributed FFT of a tensor [batch, width, grid...] in "
                          "turn with FFTW-MPI, which takes slabs of one tensor [grid...] on all ranks.",
                          options, {Option::grid, Option::width, Option::batch, Option::partition, Option::device});
  line.add("--kind", settings.kinds, "Transforms", {"complex", "real"});
  line.add("--dtype", settings.dtypes, "Precisions", {"float32", "float64"});
  line.add("--planning", settings.planning, "How FFTW plans, ours and FFTW-MPI; nothing to devices",
           {"measure", "estimate"});
  line.add(
      "--contenders", settings.contenders,
      "Which transforms: ours with transposed output, with natural output, by messages only; FFTW-MPI likewise. On "
      "devices the first two alone",
      {"tessera", "natural", "messages", "fftw-mpi", "fftw-mpi-natural"});
  if (!line.parse(argc, argv, *world)) return 0;
  bench::Harness harness("fft", world, options);
  for (const std::string& dtype : settings.dtypes) {
    if (dtype == "float32") {
      measure_kinds<float>(harness, settings);
    } else {
      measure_kinds<double>(harness, settings);
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return tessera::run_program(argc, argv, [&](const tessera::bench::World& world) { return run(argc, argv, world); });
}
