#!/usr/bin/env python3
"""Draws benchmark records: time with its confidence interval, efficiency, memory and traffic.

    python3 benchmarks/plot_scaling.py --out pictures records.json more.json
    python3 benchmarks/plot_scaling.py --x points --out pictures sizes.json

Reads the JSON files the benchmark programs write. Records of one name (and of one value of each --by field) form a
curve; x is the number of ranks, the grid points, or any numeric field; where all have the same x they are bars, in a
panel per beginning of their names. Writes one PNG per figure that the records have something for: time, bandwidth,
efficiency (against ranks only), memory, traffic. Needs matplotlib.
"""

import argparse
import json
import math
import os
import sys

COLOURS = ("#1f5c99", "#c4571a", "#2b7a4b", "#8a3f8f", "#a88a1c", "#4a4a4a", "#b3345f", "#2d8c9c")
MARKERS = "osD^vPX*"


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", help="JSON files of records")
    parser.add_argument("--out", default=".", help="folder for the pictures")
    parser.add_argument("--prefix", default="", help="beginning of the pictures' names")
    parser.add_argument("--x", default="ranks", help='"ranks", "points" (product of the grid) or a numeric field')
    parser.add_argument("--by", default="", help="fields that also tell curves apart, separated by commas")
    parser.add_argument("--names", default="", help="only records whose name contains one of these, comma-separated")
    parser.add_argument("--scaling", choices=("auto", "weak", "strong"), default="auto",
                        help="what 100%% efficiency is; auto: strong where all points of a curve have one grid")
    parser.add_argument("--title", default="")
    return parser.parse_args()


def load(paths):
    records = []
    for path in paths:
        try:
            with open(path) as file:
                content = json.load(file)
        except (OSError, ValueError) as error:
            sys.exit(f"plot_scaling.py: {path}: {error}")
        if not isinstance(content, list):
            sys.exit(f"plot_scaling.py: {path}: expected an array of records, found {type(content).__name__}")
        records += content
    return records


def x_of(record, axis):
    if axis == "points":
        return math.prod(record["grid"]) * record.get("batch", 1) if "grid" in record else None
    value = record.get(axis)
    return value if isinstance(value, (int, float)) else None


def label_of(record, by):
    extra = [f"{field} {record[field]}" for field in by if field in record]
    return ", ".join([record["name"], *extra])


def curves_of(records, args):
    """Label -> records sorted by x; of several records at one x the last file's counts."""
    names = [name for name in args.names.split(",") if name]
    by = [field for field in args.by.split(",") if field]
    curves = {}
    failed = []
    for record in records:
        x = x_of(record, args.x)
        if x is None or (names and not any(name in record["name"] for name in names)):
            continue
        if "error" in record:
            failed.append((x, label_of(record, by), record["error"]))
            continue
        curves.setdefault(label_of(record, by), {})[x] = record
    return {label: [points[x] for x in sorted(points)] for label, points in sorted(curves.items())}, failed


def is_strong(points, choice):
    if choice != "auto":
        return choice == "strong"
    return len({str(point.get("grid")) for point in points}) == 1


def efficiency(points, args):
    """Per point [value, low, high]: the first point's time, shared among the ranks where scaling is strong, over this
    point's time."""
    first = points[0]
    result = []
    for point in points:
        work = first["ranks"] / point["ranks"] if is_strong(points, args.scaling) else 1.0
        ideal = 100.0 * first["median_s"] * work
        low, high = point["ci95_s"]
        result.append((ideal / point["median_s"], ideal / high, ideal / low))
    return result


def new_axes(plt, args, ylabel):
    figure, axes = plt.subplots(figsize=(7.0, 4.4), layout="constrained")
    axes.set_xlabel({"ranks": "ranks", "points": "grid points"}.get(args.x, args.x.replace("_", " ")))
    axes.set_ylabel(ylabel)
    axes.grid(True, which="major", color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    if args.title:
        axes.set_title(args.title, fontsize=11, loc="left")
    return figure, axes


def draw(axes, index, xs, values, label):
    """Values are triples (value, low, high)."""
    middle = [value for value, _, _ in values]
    errors = [[max(0.0, value - low) for value, low, _ in values], [max(0.0, high - value) for value, _, high in values]]
    axes.errorbar(xs, middle, yerr=errors, label=label, color=COLOURS[index % len(COLOURS)],
                  marker=MARKERS[index % len(MARKERS)], linestyle="-" if index < len(COLOURS) else "--", markersize=4.5,
                  linewidth=1.4, capsize=3)


def short(x):
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(x) >= size:
            return f"{x / size:.3g}{unit}"
    return f"{x:.4g}"


def ticks_at_points(axes, xs):
    if not xs:
        return
    axes.set_xscale("log", base=2)
    if len(xs) > 10:
        return
    axes.set_xticks(xs, [short(x) for x in xs])
    axes.minorticks_off()


def finish(figure, axes, curves, path):
    if len(curves) > 6:
        axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    else:
        axes.legend(fontsize=8, frameon=False, loc="best")
    figure.savefig(path, dpi=160)
    print(path)


def draw_panel(axes, name, bars, colours, size):
    """Bars are (label, (value, low, high)), from top to bottom; `size` is the largest of all panels."""
    labels = [label for label, _ in bars]
    values = [value for _, (value, _, _) in bars]
    errors = [[max(0.0, value - low) for _, (value, low, _) in bars],
              [max(0.0, high - value) for _, (value, _, high) in bars]]
    axes.barh(labels, values, xerr=errors, color=[colours[label] for label in labels], height=0.7,
              error_kw={"elinewidth": 0.9, "capsize": 2, "ecolor": "#333333"})
    for index, (_, (value, _, high)) in enumerate(bars):
        axes.annotate(short(value), (high, index), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_title(name, fontsize=9, loc="left")
    axes.set_xlim(0, 1.18 * size)
    axes.invert_yaxis()
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def draw_bars(plt, curves, args, kind, label, values_of):
    """One panel for every beginning of the names up to the last slash."""
    panels = {}
    for name, points in curves.items():
        values = values_of(points)
        if values is not None:
            group, _, own = name.rpartition("/")
            panels.setdefault(group, []).append((own, values[0]))
    if not panels:
        return
    heights = [len(bars) + 1.2 for bars in panels.values()]
    figure, axes = plt.subplots(len(panels), 1, figsize=(7.0, 0.5 + 0.27 * sum(heights)), sharex=True, squeeze=False,
                                height_ratios=heights, layout="constrained")
    size = max(high for bars in panels.values() for _, (_, _, high) in bars)
    labels = sorted({label for bars in panels.values() for label, _ in bars})
    colours = {label: COLOURS[index % len(COLOURS)] for index, label in enumerate(labels)}
    for at, (name, bars) in zip(axes[:, 0], panels.items()):
        draw_panel(at, name, bars, colours, size)
    axes[-1, 0].set_xlabel(label)
    if args.title:
        figure.suptitle(args.title, fontsize=11, x=0.01, ha="left")
    path = os.path.join(args.out, f"{args.prefix}{kind}.png")
    figure.savefig(path, dpi=160)
    print(path)
    plt.close(figure)


def draw_figure(plt, curves, args, kind, ylabel, values_of, logarithmic):
    if len(curves) > 1 and len({x_of(point, args.x) for points in curves.values() for point in points}) == 1:
        draw_bars(plt, curves, args, kind, ylabel, values_of)
        return
    figure, axes = new_axes(plt, args, ylabel)
    ticks = set()
    drawn = 0
    for index, (label, points) in enumerate(curves.items()):
        values = values_of(points)
        if values is None:
            continue
        xs = [x_of(point, args.x) for point in points]
        ticks.update(xs)
        draw(axes, index, xs, values, label)
        drawn += 1
    if drawn == 0:
        plt.close(figure)
        return
    ticks_at_points(axes, sorted(ticks))
    if logarithmic:
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
    if kind == "efficiency":
        axes.axhline(100.0, color="#888888", linewidth=0.8, linestyle="--")
    finish(figure, axes, curves, os.path.join(args.out, f"{args.prefix}{kind}.png"))
    plt.close(figure)


def scaled(key, factor):
    """Values of a field, where all points have it and some have more than nothing."""

    def values_of(points):
        if any(key not in point for point in points) or not any(point[key] for point in points):
            return None
        return [(point[key] * factor,) * 3 for point in points]

    return values_of


def main():
    args = parse()
    curves, failed = curves_of(load(args.files), args)
    for x, label, error in failed:
        print(f"no figures for {label} at {args.x} {x}: {error}", file=sys.stderr)
    if not curves:
        sys.exit(f"plot_scaling.py: no record has figures and the field {args.x}")
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    os.makedirs(args.out, exist_ok=True)
    draw_figure(plt, curves, args, "time", "time of the slowest rank, ms",
                lambda points: [tuple(1e3 * v for v in (p["median_s"], *p["ci95_s"])) for p in points], True)
    draw_figure(plt, curves, args, "bandwidth", "payload, GB/s", scaled("gigabytes_per_s", 1.0), True)
    if args.x == "ranks":
        draw_figure(plt, curves, args, "efficiency", "efficiency, %",
                    lambda points: efficiency(points, args) if len(points) > 1 else None, False)
    draw_figure(plt, curves, args, "memory", "peak memory of the largest rank, MiB",
                scaled("peak_rss_bytes", 1 / 1024**2), False)
    draw_figure(plt, curves, args, "traffic", "sent by the busiest rank, MiB", scaled("bytes_sent", 1 / 1024**2), False)


if __name__ == "__main__":
    main()
