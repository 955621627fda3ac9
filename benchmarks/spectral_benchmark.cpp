/// \file
/// Truncated transforms and the spectral convolution: the library's transforms with each engine, the tile transforms of
/// the fused engine, and FFTW's transform of all modes, in turns; single axes; all beside the machine's ceilings.

#include <algorithm>
#include <string_view>

#include "harness.hpp"
#include "spectral/backends/fft_lines.hpp"
#include "spectral_case.hpp"
#include "spectral_convolution.hpp"
#include "spectral_engine.hpp"
#include "spectral_fftw.hpp"
#include "tessera/comm/mpi_environment.hpp"
#include "tessera/core/threads.hpp"

namespace {

using namespace tessera;
using bench::Method;
using bench::Situation;
using bench::TileSpectral;
using Spectrum = DistTensor<std::complex<float>>;

struct Settings {
  std::vector<std::string> cases = {"default"};
  std::vector<std::string> parts = {"transform", "convolution", "axis"};
  std::string schedule = "automatic";
  std::string planning = "measure";
  int threads = 0;
};

struct Size {
  Shape grid, modes;
};

/// A way to transform: each function does what is timed, each result is brought into tensors for the check.
struct TransformWay {
  std::string name;
  Method method;
  std::function<void()> forward, inverse;
  std::function<Spectrum()> spectrum;
  std::function<DistTensor<float>()> field;
};

struct TransformProblem {
  DistTensor<float> x;
  Spectrum modes;
};

TransformWay planned_way(const Situation& s, const std::shared_ptr<TransformProblem>& problem, TransformEngine engine,
                         const std::string& name) {
  const auto transform = s.transform(engine);
  const auto forward = [=] { return transform->analyse(ModeScaling::unit, problem->x); };
  const auto inverse = [=] { return transform->synthesise(ModeScaling::inverse, problem->modes); };
  const Method method = engine == TransformEngine::fft ? Method::line_ffts : Method::products;
  return {name, method, [=] { forward(); }, [=] { inverse(); }, forward, inverse};
}

TransformWay tile_way(const Situation& s, const std::shared_ptr<TransformProblem>& problem) {
  struct Data {
    Data(const TileSpectral::Transform& transform, const DistTensor<float>& field)
        : engine(transform, transform->spectrum_space().partition), x(engine.tiles_of(field)), y(engine.tiles()) {}
    TileSpectral engine;
    TileSpectral::Tiles x, y;
  };
  const auto data = std::make_shared<Data>(s.transform(TransformEngine::automatic), problem->x);
  const auto forward = [=] { return data->engine.analyse(ModeScaling::unit, data->x); };
  const auto inverse = [=] { data->engine.synthesise(ModeScaling::inverse, problem->modes, data->y); };
  return {"tiles",
          Method::products,
          [=] { forward(); },
          inverse,
          forward,
          [=] {
            inverse();
            return data->engine.tensor_of(data->y);
          }};
}

TransformWay full_way(const std::shared_ptr<TransformProblem>& problem, std::shared_ptr<bench::FullTransform> full) {
  struct Data {
    Spectrum modes;
    DistTensor<float> field;
  };
  const auto data =
      std::make_shared<Data>(Data{Spectrum(problem->modes.space()), DistTensor<float>(problem->x.space())});
  const auto forward = [=] { full->analyse(ModeScaling::unit, problem->x.data(), data->modes.data()); };
  const auto inverse = [=] { full->synthesise(ModeScaling::inverse, problem->modes.data(), data->field.data()); };
  return {"fftw-full",
          Method::full_fft,
          forward,
          inverse,
          [=] {
            forward();
            return data->modes.clone();
          },
          [=] {
            inverse();
            return data->field.clone();
          }};
}

std::vector<TransformWay> transform_ways(const Situation& s, const std::shared_ptr<TransformProblem>& problem) {
  std::vector<TransformWay> ways = {planned_way(s, problem, TransformEngine::matrix, "matrix")};
  if (FftLines<float>::available()) ways.push_back(planned_way(s, problem, TransformEngine::fft, "fft"));
  ways.push_back(planned_way(s, problem, TransformEngine::automatic, "automatic"));
  if (TileSpectral::serves(s.transform(TransformEngine::automatic))) ways.push_back(tile_way(s, problem));
  if (s.harness.world()->size() == 1) {
    const Index fields = s.plan.grid_shape[0] * s.plan.grid_shape[1];
    if (auto full = bench::make_full_transform(s.spectral, fields, s.measured)) {
      ways.push_back(full_way(problem, std::move(full)));
    }
  }
  return ways;
}

void measure_transforms(const Situation& s) {
  for (const bool inverse : {false, true}) {
    const std::string direction = inverse ? "inverse" : "forward";
    s.harness.run(s.name("transform") + "/" + direction, s.fields(), [&](bench::Case& current) {
      const auto planned = s.transform(TransformEngine::matrix);
      const auto problem = std::make_shared<TransformProblem>(
          TransformProblem{DistTensor<float>(planned->grid_space()), Spectrum(planned->spectrum_space())});
      fill_normal(problem->x, RandomStream(1, "x"));
      const std::vector<TransformWay> ways = transform_ways(s, problem);
      // The last one is FFTW's where it is there.
      problem->modes = ways.back().spectrum();
      const DistTensor<float> field = ways.back().field();
      std::vector<bench::Contender> contenders;
      for (const TransformWay& way : ways) {
        const double found =
            inverse ? bench::difference(way.field(), field) : bench::difference(way.spectrum(), problem->modes);
        bench::require_same(way.name, direction, found);
        contenders.push_back(with_figures({way.name, inverse ? way.inverse : way.forward, {{"difference", found}}},
                                          transform_work(s, way.method), s.ceilings));
      }
      current.compare(contenders);
    });
  }
}

struct ConvolutionWay {
  std::string name;
  Method method;
  std::shared_ptr<bench::Convolution> convolution;
};

std::vector<ConvolutionWay> convolution_ways(const Situation& s) {
  const auto problem =
      std::make_shared<bench::ConvolutionProblem>(s.transform(TransformEngine::automatic), s.partition);
  std::vector<ConvolutionWay> ways = {{"layer", Method::products, bench::make_layer_convolution(problem)},
                                      {"tiles", Method::products, bench::make_engine_convolution(problem)},
                                      {"fftw-full", Method::full_fft, make_full_convolution(problem, s.measured)}};
  ways.erase(std::remove_if(ways.begin(), ways.end(), [](const ConvolutionWay& way) { return !way.convolution; }),
             ways.end());
  return ways;
}

void measure_convolutions(const Situation& s) {
  for (const bool gradient : {false, true}) {
    const std::string pass = gradient ? "gradient" : "forward";
    s.harness.run(s.name("convolution") + "/" + pass, s.fields(), [&](bench::Case& current) {
      const std::vector<ConvolutionWay> ways = convolution_ways(s);
      std::vector<bench::Contender> contenders;
      {
        const auto expected = ways.back().convolution->results();
        for (const ConvolutionWay& way : ways) {
          const auto found = way.convolution->results();
          const double worst =
              std::max({bench::difference(found.y, expected.y), bench::difference(found.gx, expected.gx),
                        bench::difference(found.gr, expected.gr)});
          bench::require_same(way.name, "output and gradients", worst);
          contenders.push_back(
              with_figures({way.name,
                            [&way, gradient] { gradient ? way.convolution->gradient() : way.convolution->forward(); },
                            {{"difference", worst}},
                            [&way] { way.convolution->prepare(); }},
                           convolution_work(s, way.method, gradient), s.ceilings));
        }
      }
      current.compare(contenders);
    });
  }
}

void measure(bench::Harness& harness, const Settings& settings, const bench::Ceilings& ceilings, const Size& size) {
  bench::Options options = harness.options();
  options.grid = size.grid;
  options.modes = size.modes;
  const SpectralGrid spectral(size.grid, size.modes);
  const Partition partition(harness.world(), bench::partition_for(options, harness.world()->size()));
  const Situation s{
      harness,
      ceilings,
      settings.planning == "measure",
      spectral,
      partition,
      plan_transform(options.batch, options.width, spectral, partition.grid(), schedule_from_name(settings.schedule))};
  for (const std::string& part : settings.parts) {
    if (part == "transform") measure_transforms(s);
    if (part == "convolution") measure_convolutions(s);
    if (part == "axis") bench::measure_axes(s);
  }
}

/// The grid asked for, or those of --cases.
std::vector<Size> sizes(const Settings& settings, const bench::Options& options, int argc, char** argv) {
  const bool given = std::any_of(argv + 1, argv + argc, [](std::string_view argument) {
    return argument.starts_with("--grid") || argument.starts_with("--modes");
  });
  if (given) return {{options.grid, options.modes}};
  std::vector<Size> list;
  for (const std::string& name : settings.cases) {
    if (name == "default") {
      list.push_back({{32, 32, 32, 16}, {4, 4, 4, 4}});
      list.push_back({{64, 64, 64, 16}, {4, 4, 4, 4}});
    } else {
      list.push_back({{64, 64, 64, 30}, {12, 12, 12, 8}});
    }
  }
  return list;
}

int benchmark_spectral(int argc, char** argv, const bench::World& world) {
  bench::Options options;
  Settings settings;
  using enum bench::Option;
  bench::CommandLine line("spectral",
                          "Truncated transforms, spectral convolutions and single axes of one block's input, beside "
                          "FFTW's transform of all modes and the machine's ceilings.",
                          options, {grid, modes, width, batch, partition});
  line.add("--cases", settings.cases, "sizes, unless --grid or --modes is given; large: 64x64x64x30, 12 12 12 8 modes",
           {"default", "large"});
  line.add("--parts", settings.parts, "what is measured", {"transform", "convolution", "axis"});
  line.add("--schedule", settings.schedule, "how distributed axes are transformed",
           {"automatic", "exchange", "partial_sums", "grady", "witte"});
  line.add("--planning", settings.planning, "how FFTW plans its transform of all modes", {"measure", "estimate"});
  line.add("--threads", settings.threads, "threads per rank; 0: OMP_NUM_THREADS, or 1");
  if (!line.parse(argc, argv, *world)) return 0;
  if (settings.threads > 0) set_thread_count(settings.threads);
  bench::Harness harness("spectral", world, options);
  const bench::Ceilings ceilings = bench::measure_ceilings(harness);
  for (const Size& size : sizes(settings, options, argc, argv)) measure(harness, settings, ceilings, size);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return tessera::run_program(argc, argv,
                              [&](const bench::World& world) { return benchmark_spectral(argc, argv, world); });
}
