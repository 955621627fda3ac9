#!/usr/bin/env python3
"""Round trips of the distributed FFT in turn with mpi4py-fft (slabs), A B A B, on the same ranks.

    python3 benchmarks/compare_mpi4py_fft.py --fft build/ci/benchmarks/fft --ranks 2 --grid 128,128,128 --json records.json

Needs numpy, mpi4py and mpi4py-fft. Started without --worker it runs mpirun for both programs, round after round; one
round gives one time of each, its median over --repeats round trips.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

KINDS = ("complex", "real")
TYPES = {("complex", "float32"): "complex64", ("complex", "float64"): "complex128"}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fft", help="the fft benchmark program")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--grid", default="128,128,128")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    parser.add_argument("--rounds", type=int, default=5, help="how often the two programs alternate")
    parser.add_argument("--repeats", type=int, default=31)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--json", help="file for the records")
    parser.add_argument("--worker", metavar="FILE", help=argparse.SUPPRESS)
    return parser.parse_args()


def round_trips(args, kind):
    """Slowest rank's time of each round trip of mpi4py-fft, in seconds."""
    import numpy
    from mpi4py import MPI
    from mpi4py_fft import PFFT, newDistArray

    world = MPI.COMM_WORLD
    dtype = numpy.dtype(TYPES.get((kind, args.dtype), args.dtype))
    fft = PFFT(world, [int(n) for n in args.grid.split(",")], dtype=dtype, slab=True)
    cells = newDistArray(fft, False)
    cells[:] = numpy.random.default_rng(1).standard_normal(cells.shape)
    modes = newDistArray(fft, True)
    times = []
    for _ in range(args.warmup + args.repeats):
        world.Barrier()
        start = time.perf_counter()
        fft.forward(cells, modes)
        fft.backward(modes, cells)
        times.append(world.allreduce(time.perf_counter() - start, MPI.MAX))
    return times[args.warmup :]


def work(args):
    from mpi4py import MPI

    times = {kind: round_trips(args, kind) for kind in KINDS}
    if MPI.COMM_WORLD.rank == 0:
        with open(args.worker, "w") as file:
            json.dump(times, file)


def mpirun(args, command):
    subprocess.run(["mpirun", "-n", str(args.ranks), *command], check=True, stdout=subprocess.DEVNULL)


def run_ours(args, path):
    mpirun(args, [args.fft, "--grid", args.grid, "--dtype", args.dtype, "--contenders", "tessera", "--repeats",
                  str(args.repeats), "--warmup", str(args.warmup), "--json", path])
    with open(path) as file:
        records = json.load(file)
    return {record["kind"]: record for record in records}


def run_theirs(args, path):
    mpirun(args, [sys.executable, os.path.abspath(__file__), "--worker", path, "--grid", args.grid, "--dtype",
                  args.dtype, "--repeats", str(args.repeats), "--warmup", str(args.warmup)])
    with open(path) as file:
        return json.load(file)


def compare(args):
    ours = {kind: [] for kind in KINDS}
    theirs = {kind: [] for kind in KINDS}
    sample = {}
    with tempfile.TemporaryDirectory() as folder:
        for done in range(args.rounds):
            for kind, record in run_ours(args, os.path.join(folder, "ours.json")).items():
                ours[kind].append(record["median_s"])
                sample[kind] = record
            for kind, times in run_theirs(args, os.path.join(folder, "theirs.json")).items():
                theirs[kind].append(statistics.median(times))
            print(f"round {done + 1} of {args.rounds}", file=sys.stderr)
    records = []
    print(f"{'kind':10} {'tessera':>12} {'mpi4py-fft':>12} {'ratio':>8}  smallest..largest ratio of a round")
    for kind in KINDS:
        ratios = [b / a for a, b in zip(ours[kind], theirs[kind])]
        a, b, ratio = map(statistics.median, (ours[kind], theirs[kind], ratios))
        print(f"{kind:10} {a * 1e3:9.2f} ms {b * 1e3:9.2f} ms {ratio:8.2f}  {min(ratios):.2f}..{max(ratios):.2f}")
        shared = {key: sample[kind][key] for key in ("ranks", "grid", "kind", "dtype", "commit", "machine")}
        for name, times in (("tessera", ours[kind]), ("mpi4py-fft", theirs[kind])):
            records.append({"name": f"fft/{kind}/{name}", **shared, "median_s": statistics.median(times),
                            "ci95_s": [min(times), max(times)], "times_s": times, "rounds": args.rounds,
                            "repeats": args.repeats, "warmup": args.warmup, "command": " ".join(sys.argv)})
    if args.json:
        with open(args.json, "w") as file:
            json.dump(records, file, indent=2)


def main():
    args = parse()
    if args.worker:
        work(args)
    elif not args.fft:
        sys.exit("compare_mpi4py_fft.py: --fft is needed: the path of the fft benchmark program")
    else:
        compare(args)


if __name__ == "__main__":
    main()
