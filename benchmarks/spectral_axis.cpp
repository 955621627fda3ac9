#include "spectral/backends/fft_lines.hpp"
#include "spectral_case.hpp"

namespace tessera::bench {

namespace {

using Complex = std::complex<float>;
using Spectrum = DistTensor<Complex>;

/// One step of the plan on this rank's tile, which is of U numbers.
template <class U>
struct AxisProblem {
  AxisProblem(const Situation& s, const TransformStep& step)
      : x({step.shape_before, s.partition.with_grid(step.before)}),
        modes({step.shape_after, s.partition.with_grid(step.after)}),
        axis(step.axis + 2),
        line{s.spectral.grid()[step.axis],
             {x.box().start[axis], x.box().extent[axis]},
             s.spectral.frequencies(step.axis),
             s.spectral.inverse_weights(step.axis)},
        outer(volume(Shape(x.box().extent.begin(), x.box().extent.begin() + static_cast<Index>(axis)))),
        inner(volume(Shape(x.box().extent.begin() + static_cast<Index>(axis) + 1, x.box().extent.end()))) {
    fill_normal(x, RandomStream(1, "x"));
  }

  DistTensor<U> x;
  Spectrum modes;
  std::size_t axis;
  FourierLine line;
  Index outer, inner;
};

template <class U>
void measure_axis(const Situation& s, const TransformStep& step, bool synthesis, Case& current) {
  AxisProblem<U> problem(s, step);
  struct Way {
    std::string name;
    bool fft;
    std::shared_ptr<const AxisTransform<float>> transform;
  };
  std::vector<Way> ways = {{"matrix", false, make_axis_transform<float>(problem.line, TransformEngine::matrix)}};
  if (FftLines<float>::available() && !step.partial) {
    // A rank without a tile has no lines to plan, and takes part with nothing to do.
    const TransformEngine engine = problem.x.box().empty() ? TransformEngine::matrix : TransformEngine::fft;
    ways.push_back({"fft", true, make_axis_transform<float>(problem.line, engine)});
  }
  const auto run = [&](const Way& way) {
    if (synthesis) {
      way.transform->synthesise(ModeScaling::inverse, problem.outer, problem.inner, problem.modes.data(),
                                problem.x.data());
    } else {
      way.transform->analyse(ModeScaling::unit, problem.outer, problem.inner, problem.x.data(), problem.modes.data());
    }
  };
  ways.back().transform->analyse(ModeScaling::unit, problem.outer, problem.inner, problem.x.data(),
                                 problem.modes.data());
  const auto compared = [&](auto& result) {
    run(ways.back());
    const auto expected = result.clone();
    run(ways.front());
    return require_same("matrix", "one axis", difference(result, expected));
  };
  const double found = synthesis ? compared(problem.x) : compared(problem.modes);
  const Index bytes = problem.x.local_size() * static_cast<Index>(sizeof(U)) +
                      problem.modes.local_size() * static_cast<Index>(sizeof(Complex));
  std::vector<Contender> contenders;
  for (const Way& way : ways) {
    const Work work = step_work(s, step, problem.x.local_size(), bytes, way.fft ? Method::line_ffts : Method::products);
    contenders.push_back(
        with_figures({way.name, [&run, &way] { run(way); }, {{"difference", found}}}, work, s.ceilings));
  }
  current.compare(contenders);
}

}  // namespace

void measure_axes(const Situation& s) {
  for (const TransformStep& step : s.plan.steps) {
    if (step.kind != TransformStep::Kind::transform) continue;
    for (const bool synthesis : {false, true}) {
      Fields fields = s.fields();
      fields.emplace_back("axis", static_cast<Index>(step.axis));
      fields.emplace_back("shape", step.shape_before);
      fields.emplace_back("complex", step.complex_before);
      const std::string name = s.name("axis") + "/" + std::to_string(step.axis);
      s.harness.run(name + (synthesis ? "/synthesise" : "/analyse"), fields, [&](Case& current) {
        if (step.complex_before) {
          measure_axis<Complex>(s, step, synthesis, current);
        } else {
          measure_axis<float>(s, step, synthesis, current);
        }
      });
    }
  }
}

}  // namespace tessera::bench
