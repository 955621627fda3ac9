#!/usr/bin/env python3
"""Prints the records of benchmarks on a GPU (files written with --json) as one Markdown table for each file.

    python3 gpu_figures.py build/gpu_check/*.json
"""

import json
import pathlib
import sys

SIZES = ("grid", "batch", "activations", "activation_type", "products", "bytes", "partition")


def seconds(value):
    for unit, scale in (("s", 1), ("ms", 1e3), ("us", 1e6)):
        if value * scale >= 1 or unit == "us":
            return f"{value * scale:.3g} {unit}"


def size(record):
    parts = []
    for name in SIZES:
        value = record.get(name)
        if isinstance(value, list):
            parts.append("x".join(map(str, value)))
        elif value is not None:
            parts.append(f"{name} {value}" if isinstance(value, int) else str(value))
    return ", ".join(parts)


def number(record, name, form="{:.3g}"):
    return form.format(record[name]) if name in record else ""


def peak(record):
    # A rival's record has its own.
    bytes_ = next((record[name] for name in record if name.endswith("_peak_bytes")), record.get("peak_device_bytes"))
    return f"{bytes_ / 2**30:.3g}" if bytes_ else ""


def row(record):
    if "error" in record:
        return [record["name"], size(record), "failed: " + record["error"].splitlines()[0], "", "", "", "", ""]
    low, high = record["ci95_s"]
    return [record["name"], size(record), f"{seconds(record['median_s'])} ({seconds(low)} .. {seconds(high)})",
            number(record, "times_of_first"), number(record, "gigabytes_per_s"),
            number(record, "share_of_copy", "{:.0%}"), number(record, "gigaflops"), peak(record)]


def notes(records):
    """What was said of rivals once a case: which PyTorch, or why none."""
    found = {f"{name}: {value}" for record in records for name, value in record.items()
             if name.startswith("torch-") and isinstance(value, str)}
    return sorted(found)


def main():
    for path in map(pathlib.Path, sys.argv[1:]):
        records = json.loads(path.read_text())
        if not records:
            continue
        print(f"### {path.stem}\n\n`{records[0]['command']}`\n")
        print("| Case | Size | Median (95%) | Times of first | GB/s | Of copy | GFLOP/s | Peak GiB on device |")
        print("|---|---|---|---|---|---|---|---|")
        for record in records:
            print("| " + " | ".join(row(record)) + " |")
        for note in notes(records):
            print(f"\n{note}")
        print()


if __name__ == "__main__":
    main()
