/// \file
/// Weak and strong scaling of a Fourier neural operator over ranks: domain decomposition with each transform schedule,
/// data parallelism and pipeline parallelism, each in turns with one rank's work.

#include <functional>
#include <memory>

#include "harness.hpp"
#include "model_case.hpp"
#include "tessera/comm/mpi_environment.hpp"
#include "tessera/core/threads.hpp"
#include "tessera/models/pipeline_fno.hpp"

namespace {

using namespace tessera;

struct Settings {
  std::vector<std::string> scaling = {"weak", "strong"};
  std::vector<std::string> passes = {"forward", "gradient"};
  std::vector<std::string> methods = {"domain", "data", "pipeline"};
  std::vector<std::string> schedules = {"automatic", "grady", "witte"};
  std::string activations = "all";
  Index in_steps = 1;
  int threads = 0;
};

/// A model, an Fno or a PipelineFno, with its fields.
template <class Model>
class Problem {
 public:
  template <class... Arguments>
  explicit Problem(Index batch, const Arguments&... arguments)
      : model_(arguments..., 1), x_(model_.input_space(batch)), target_(model_.output_space(batch)) {
    fill_normal(x_, RandomStream(1, "x"));
    fill_normal(target_, RandomStream(1, "target"));
  }

  void forward() { model_.forward(x_); }
  void gradient() {
    for (const auto& ref : model_.parameters()) std::visit([](auto* p) { p->zero_gradient(); }, ref);
    model_.value_and_gradient(Loss::relative_l2, x_, target_);
  }

 private:
  Model model_;
  DistTensor<float> x_, target_;
};

/// One measurement: all methods on one problem size.
struct Situation {
  bool weak;
  bool gradient;
  FnoConfig config;  ///< of one rank's problem (weak) or of the whole (strong)
  Index batch;
};

/// Forward, or forward, loss and backward, of a model made from `arguments`.
template <class Model, class... Arguments>
std::function<void()> work_of(bool gradient, Index batch, const Arguments&... arguments) {
  const auto problem = std::make_shared<Problem<Model>>(batch, arguments...);
  if (gradient) return [problem] { problem->gradient(); };
  return [problem] { problem->forward(); };
}

/// One rank's work: the same on every rank at once, each by itself (weak), or on the first while the others wait.
bench::Contender alone(const Situation& s, const bench::World& world) {
  const auto self = std::make_shared<const Communicator>(Communicator::self().on(world->device()));
  if (!s.weak && world->rank() > 0) return {"one rank", [] {}};
  const Partition partition(self, Shape(s.config.grid.size() + 2, 1));
  return {s.weak ? "independent ranks" : "one rank", work_of<Fno<float>>(s.gradient, s.batch, s.config, partition)};
}

/// Ranks on the first grid axis, or as --partition says; the grid grows with them (weak).
bench::Contender domain(const Situation& s, const bench::Harness& harness, const std::string& schedule) {
  const int ranks = harness.world()->size();
  const Shape extents = bench::partition_for(harness.options(), ranks);
  FnoConfig config = s.config;
  config.schedule = schedule_from_name(schedule);
  for (std::size_t axis = 0; s.weak && axis < config.grid.size(); ++axis) config.grid[axis] *= extents[axis + 2];
  return {"domain " + schedule,
          work_of<Fno<float>>(s.gradient, s.batch, config, Partition(harness.world(), extents)),
          {{"schedule", schedule}, {"partition", extents}}};
}

/// Ranks on the batch axis.
bench::Contender data(const Situation& s, const bench::World& world) {
  Shape extents(s.config.grid.size() + 2, 1);
  extents[0] = world->size();
  const Index batch = s.weak ? s.batch * world->size() : s.batch;
  return {
      "data", work_of<Fno<float>>(s.gradient, batch, s.config, Partition(world, extents)), {{"partition", extents}}};
}

/// A stage of the blocks on every rank, a micro-batch per sample; the grid grows with the ranks as it does for domain
/// decomposition (weak), so that both do the same work.
bench::Contender pipeline(const Situation& s, const bench::Harness& harness) {
  const bench::World& world = harness.world();
  const PipelineConfig stages{Shape(s.config.grid.size() + 2, 1), world->size(), s.batch};
  FnoConfig config = s.config;
  if (s.weak) config.grid.front() *= world->size();
  return {"pipeline",
          work_of<PipelineFno<float>>(s.gradient, s.batch, config, world, stages),
          {{"stages", stages.stages}, {"micro_batches", stages.micro_batches}}};
}

bool serves(const FnoConfig& config, const Shape& extents, const std::string& schedule) {
  try {
    plan_transform(1, config.width, SpectralGrid(config.grid, config.modes), RankGrid(extents),
                   schedule_from_name(schedule));
    return true;
  } catch (const PartitionError&) {
    return false;
  }
}

std::vector<bench::Contender> contenders(const Situation& s, const bench::Harness& harness, const Settings& settings) {
  std::vector<bench::Contender> list = {alone(s, harness.world())};
  const int ranks = harness.world()->size();
  for (const std::string& method : settings.methods) {
    if (method == "domain") {
      for (const std::string& schedule : settings.schedules) {
        if (serves(s.config, bench::partition_for(harness.options(), ranks), schedule)) {
          list.push_back(domain(s, harness, schedule));
        }
      }
    } else if (method == "data" && (s.weak || s.batch % ranks == 0)) {
      list.push_back(data(s, harness.world()));
    } else if (method == "pipeline" && ranks > 1 && ranks <= s.config.blocks) {
      list.push_back(pipeline(s, harness));
    }
  }
  return list;
}

void measure(bench::Harness& harness, const Settings& settings, const std::string& scaling, const std::string& pass) {
  const bench::Options& options = harness.options();
  Situation s{scaling == "weak", pass == "gradient", bench::model_of(options, settings.in_steps, "automatic"),
              options.batch};
  s.config.activations = activations_from_name(settings.activations);
  const bench::Fields fields = {{"scaling", scaling},
                                {"pass", pass},
                                {"grid", s.config.grid},
                                {"modes", s.config.modes},
                                {"width", s.config.width},
                                {"blocks", s.config.blocks},
                                {"hidden", s.config.hidden},
                                {"batch", s.batch},
                                {"threads", Index{thread_count()}}};
  harness.run("scaling/" + scaling + "/" + pass, fields,
              [&](bench::Case& current) { current.compare(contenders(s, harness, settings)); });
}

int benchmark_scaling(int argc, char** argv, const bench::World& world) {
  bench::Options options;
  options.repeats = 16;
  Settings settings;
  using enum bench::Option;
  bench::CommandLine line("scaling",
                          "Weak and strong scaling, all methods in turns. weak: --grid is one rank's, and every rank "
                          "works on one of its own for comparison; strong: --grid is the whole, and one rank works on "
                          "it for comparison.",
                          options, {grid, modes, width, blocks, hidden, batch, partition, device});
  line.add("--scaling", settings.scaling, "how the problem grows with the ranks", {"weak", "strong"});
  line.add("--passes", settings.passes, "what is timed; gradient: forward, loss and backward", {"forward", "gradient"});
  line.add("--methods", settings.methods, "how ranks share the work", {"domain", "data", "pipeline"});
  line.add("--schedules", settings.schedules, "how distributed axes are transformed",
           {"automatic", "exchange", "partial_sums", "grady", "witte"});
  line.add("--activations", settings.activations, "what is kept for the backward pass", {"all", "one", "none"});
  line.add("--in-steps", settings.in_steps, "time steps of the input, lifted to the grid's; 0: no lift");
  line.add("--threads", settings.threads, "threads per rank; 0: OMP_NUM_THREADS, or 1");
  if (!line.parse(argc, argv, *world)) return 0;
  if (settings.threads > 0) set_thread_count(settings.threads);
  bench::Harness harness("scaling", world, options);
  for (const std::string& scaling : settings.scaling) {
    for (const std::string& pass : settings.passes) measure(harness, settings, scaling, pass);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return tessera::run_program(argc, argv,
                              [&](const bench::World& world) { return benchmark_scaling(argc, argv, world); });
}
