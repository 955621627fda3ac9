"""The figures of projection.py."""

import math
import os

STYLES = {"automatic": ("#1f5c99", "-", "o"), "grady": ("#c4571a", "-", "s"), "witte": ("#2b7a4b", "--", "^")}
OTHER_STYLE = ("#8a3f8f", ":", "D")
LABEL = "model, not measured"


def real_runs(scaling, checks, keys):
    """Those on these networks that can be drawn: whose run timed the computation without communication, too."""
    return [real for real in checks if real["network"] in keys and real["scaling"] == scaling and real["alone_s"]]


def style_axes(axes, scaling, most_ranks, title):
    axes.set_title(title, fontsize=9, loc="left")
    axes.set_xscale("log", base=2)
    ticks = [4**i for i in range(int(math.log(most_ranks, 4)) + 1)]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks], fontsize=7)
    axes.minorticks_off()
    axes.set_xlim(0.8, 1.25 * most_ranks)
    axes.tick_params(axis="y", labelsize=8)
    axes.grid(True, color="#e2e2e2", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    if scaling == "weak":
        axes.set_ylim(0, 109)
    else:
        axes.set_yscale("log", base=2)
        axes.set_yticks(ticks, [f"{tick:,}" for tick in ticks])
        axes.minorticks_off()
        axes.set_ylim(0.4, 1.5 * most_ranks)


def describe(scaling, model, curves, stars, compute, args):
    """The lines beside the panels."""
    def text(extents):
        return " x ".join(map(str, extents))

    last = max((curve["points"][-1] for curve in curves if curve["points"]), key=lambda point: point["ranks"])
    modes = "the same share of every axis" if args.modes == "grow" else "as many on any grid"
    lines = [f"{args.kind}, width {model['width']}, {model['blocks']} blocks, batch {model.get('batch', 1)}"]
    if scaling == "weak":
        lines += [f"1 rank: {text(model['grid'])}", f"{last['ranks']:,} ranks: {text(last['grid'])}"]
    else:
        lines += [f"grid {text(last['grid'])}", "against one rank of the model"]
    lines += [f"kept modes: {text(last['modes'])} at the end,", f"  {modes}",
              f"computation: {1e9 * compute.per_point:.0f} ns a point,", f"  {1e6 * compute.per_mode:.2g} us a mode "
              f"({'fitted' if compute.fitted else f'assumed, {args.mixing_gflops:g} GFLOP/s'})",
              f"  from one rank on {model['machine']['processor']}" if "machine" in model else "  from one rank"]
    if stars and scaling == "strong":
        lines.append("stars: grids " + ", ".join(sorted({text(real["grid"]) for real in stars})))
    if args.speed != 1.0:
        lines.append(f"  times {args.speed:g} in speed")
    sharing = f"factor {args.sharing:g}" if args.sharing != 1.0 else "not modelled"
    lines.append(f"sharing of memory bandwidth: {sharing}")
    return "\n".join(lines)


def draw(plt, scaling, curves, checks, model, compute, names, args):
    from matplotlib.lines import Line2D

    keys = list(dict.fromkeys(curve["network"] for curve in curves))
    columns = min(4, len(keys) + 1)
    rows = -(-(len(keys) + 1) // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(3.3 * columns + 0.3, 2.75 * rows + 0.7), squeeze=False,
                                layout="constrained")
    panels = grid.flatten()
    factor = 100 if scaling == "weak" else 1
    stars = real_runs(scaling, checks, keys)
    for panel, key in zip(panels, keys):
        style_axes(panel, scaling, args.most_ranks, names[key])
        if scaling == "strong":
            panel.plot([1, args.most_ranks], [1, args.most_ranks], color="#999999", linewidth=0.8)
        for curve in (curve for curve in curves if curve["network"] == key):
            colour, line, marker = STYLES.get(curve["schedule"], OTHER_STYLE)
            field = "efficiency" if scaling == "weak" else "speed_up"
            panel.plot([point["ranks"] for point in curve["points"]],
                       [factor * point[field] for point in curve["points"]], color=colour, linestyle=line,
                       marker=marker, markersize=3.2, linewidth=1.5)
        for real in real_runs(scaling, checks, [key]):
            gain = factor * real["alone_s"] / real["measured_s"]
            panel.plot([real["ranks"]], [gain], marker="*", markersize=9, markerfacecolor="white",
                       markeredgecolor=STYLES.get(real["schedule"], OTHER_STYLE)[0], linestyle="none", zorder=5)
    for panel in panels[len(keys):]:
        panel.axis("off")
    for index, panel in enumerate(panels[:len(keys)]):
        if index % columns == 0:
            panel.set_ylabel("weak efficiency, %" if scaling == "weak" else "speed-up over one rank", fontsize=9)
        if index + columns >= len(keys):
            panel.set_xlabel("ranks", fontsize=9)
    handles = [Line2D([], [], color=colour, linestyle=line, marker=marker, markersize=4, label=schedule)
               for schedule in args.schedules for colour, line, marker in [STYLES.get(schedule, OTHER_STYLE)]]
    if scaling == "strong":
        handles.append(Line2D([], [], color="#999999", linewidth=0.8, label="ideal"))
    if stars:
        handles.append(Line2D([], [], marker="*", markersize=11, markerfacecolor="white", markeredgecolor="#444444",
                              linestyle="none", label="measured here"))
    notes = panels[len(keys)]
    notes.legend(handles=handles, fontsize=8.5, frameon=False, loc="upper left", bbox_to_anchor=(-0.05, 1.1),
                 ncols=2 if len(handles) > 3 else 1, columnspacing=1.0)
    notes.text(0.0, 0.76, describe(scaling, model, curves, stars, compute, args), fontsize=7.5, va="top",
               linespacing=1.45, transform=notes.transAxes)
    figure.suptitle(f"{scaling.capitalize()} scaling, {args.kind}: {LABEL}", fontsize=12, fontweight="bold",
                    x=0.01, ha="left")
    path = os.path.join(args.out, f"{scaling}.png")
    figure.savefig(path, dpi=160)
    plt.close(figure)
    print(path)


def draw_checks(plt, checks, args):
    """Model against measurement, where there are real runs."""
    figure, axes = plt.subplots(figsize=(6.6, 4.6), layout="constrained")
    places = list(dict.fromkeys(real["network"] for real in checks))
    for place, marker in zip(places, "os^Dv<>pP*Xh" * len(places)):
        for real in (real for real in checks if real["network"] == place):
            axes.plot([real["measured_s"]], [real["seconds"]], marker=marker, markersize=6, linestyle="none",
                      color=STYLES.get(real["schedule"], OTHER_STYLE)[0], markeredgecolor="white", markeredgewidth=0.4)
        axes.plot([], [], marker=marker, linestyle="none", color="#777777", label=place)
    for schedule in dict.fromkeys(real["schedule"] for real in checks):
        axes.plot([], [], linewidth=4, color=STYLES.get(schedule, OTHER_STYLE)[0], label=schedule)
    times = [real[key] for real in checks for key in ("measured_s", "seconds")]
    ends = [0.8 * min(times), 1.25 * max(times)]
    axes.plot(ends, ends, color="#999999", linewidth=0.8, label="model = measurement")
    axes.fill_between(ends, [0.8 * end for end in ends], [1.25 * end for end in ends], color="#eeeeee", zorder=0,
                      label="within a factor of 1.25")
    axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends, xlabel=f"measured time, {args.kind}, s",
             ylabel="time of the model, s")
    ticks = [digit * 10.0**power for power in range(-6, 5) for digit in (1, 2, 5)]
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks([tick for tick in ticks if ends[0] <= tick <= ends[1]])
        axis.set_major_formatter("{x:g}")
        axis.set_tick_params(labelsize=8)
    axes.minorticks_off()
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("The model of scaling against real runs", fontsize=11, fontweight="bold", loc="left")
    axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    path = os.path.join(args.out, "checks.png")
    figure.savefig(path, dpi=160)
    plt.close(figure)
    print(path)


def draw_all(args, model, compute, names, curves, checks):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    for scaling in ("weak", "strong"):
        own = [curve for curve in curves if curve["scaling"] == scaling]
        draw(plt, scaling, own, checks, model, compute, names, args)
    if checks:
        draw_checks(plt, checks, args)
