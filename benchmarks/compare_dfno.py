#!/usr/bin/env python3
"""Times the gradient of dfno's model-parallel Fourier neural operator, to set beside `tessera`'s own figures.

    mpirun -n 1 python3 compare_dfno.py --path DIR --grid 32,32,32,16 --modes 4,4,4,4 --width 20
    mpirun -n 2 python3 compare_dfno.py --path DIR --grid 32,32,32,16 --modes 4,4,4,4 --width 20 --partition 1,1,2,1,1,1

DIR holds checkouts of github.com/slimgroup/dfno (DIR/dfno) and github.com/distdl/distdl (DIR/distdl); nothing of
either is part of this project. Needs torch, numpy and mpi4py (Debian: python3-torch python3-mpi4py libopenblas0).

What dfno's DistributedFNO computes, for x of shape [batch, in_channels, x, y, z, in_steps] in float32:

    h = gelu(lift_time(x))               affine along time, in_steps -> grid[-1], weight and bias
    h = gelu(lift_channel(h))            affine over channels, in_channels -> width, weight and bias
    h = gelu(W h + irfftn(R . rfftn(h))) `blocks` times; W is width x width without bias
    y = project2(gelu(project1(h)))      width -> 128 -> 1, weight and bias

with the exact gelu; kept modes are 0..m-1 on the time axis, 0..m-1 and N-m..N-1 on every other. One repeat is forward,
loss and backward to every parameter (not to the input), from cleared gradients; its time is the slowest rank's, between
two barriers. Peak memory is the largest rank's resident set, interpreter and libraries included.

The default run makes one gradient to warm up, then --repeats measured ones, and prints their median. --once makes one
gradient and no other. --serve warms up, then reads lines from the standard input of rank 0 so that a driver can take
turns between programs: "go" makes one gradient on all ranks and answers with the line "SECONDS PEAK_BYTES", "quit" (or
the end of the input) ends the program. Ranks that wait for a command sleep: they take no time from the other program.
"""

import argparse
import contextlib
import io
import json
import math
import os
import pathlib
import statistics
import sys
import time
import traceback

from rival import Failure, add_model_arguments, check_model, integers, load, resident_peak

HIDDEN = 128  # dfno has its projection's hidden width built in
POLL_SECONDS = 0.01


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--path", required=True, type=pathlib.Path, help="folder with the checkouts dfno and distdl")
    add_model_arguments(parser)
    parser.add_argument("--partition", type=integers, help="ranks per axis: batch, channel, grid; default: along x")
    parser.add_argument("--loss", choices=["relative", "mse"], default="relative", help="relative L2 or mean square")
    parser.add_argument("--json", type=pathlib.Path, help="file to write the figures to")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--once", action="store_true", help="one gradient without warm-up")
    mode.add_argument("--serve", action="store_true", help='one gradient for each line "go"')
    return parser.parse_args()


def check(options, ranks):
    axes = len(options.grid)
    if axes < 2:
        raise Failure(f"expected at least 2 grid axes, found grid {options.grid}")
    check_model(options, lambda points, last: points // 2)
    if options.partition is None:
        options.partition = [1, 1, ranks] + [1] * (axes - 1)
    if len(options.partition) != axes + 2:
        raise Failure(f"expected a partition of {axes + 2} axes, found {options.partition}")
    if math.prod(options.partition) != ranks:
        raise Failure(f"partition {options.partition} needs {math.prod(options.partition)} ranks, found {ranks}: "
                      f"start it as mpirun -n {math.prod(options.partition)} python3 compare_dfno.py ...")
    if options.grid[-1] % 2 != 0:
        raise Failure(f"dfno's inverse transform needs an even number of time steps, found {options.grid[-1]}")


def add_checkout(path, package, source):
    """Puts a checkout in front of the module search path."""
    folder = path / package / source
    if not (folder / package / "__init__.py").is_file():
        raise Failure(f"expected a checkout of {package} in {path / package}, found no {folder / package}/__init__.py")
    sys.path.insert(0, str(folder.resolve()))


def load_dfno(options):
    """Returns torch and dfno; the thread counts must be set before either library starts its pool."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(options.threads)
    add_checkout(options.path, "dfno", "")
    add_checkout(options.path, "distdl", "src")
    numpy = load("numpy", "install it (Debian: python3-numpy)")
    # DistDL was written for NumPy before 1.24, which had these names for the built-in types.
    for kind in (int, bool):
        if kind.__name__ not in vars(numpy):
            setattr(numpy, kind.__name__, kind)
    torch = load("torch", "install it (Debian: python3-torch libopenblas0)")
    torch.set_num_threads(options.threads)
    load("distdl", f"is the checkout {options.path / 'distdl'} complete, and its extension built?")
    return torch, load("dfno", f"is the checkout {options.path / 'dfno'} complete?")


class Gradient:
    """dfno's network with its data: each call makes one gradient."""

    def __init__(self, options, communicator, mpi):
        self.communicator, self.mpi = communicator, mpi
        self.torch, dfno = load_dfno(options)
        self.torch.manual_seed(123 + communicator.rank)
        _, partition, _ = dfno.create_standard_partitions(tuple(options.partition))
        global_input = [options.batch, options.in_channels, *options.grid[:-1], options.in_steps]
        global_output = [options.batch, 1, *options.grid]
        # dfno prints a line for every block.
        with contextlib.redirect_stdout(io.StringIO()):
            self.network = dfno.DistributedFNO(partition, global_input, options.grid[-1], options.width,
                                               tuple(options.modes), num_blocks=options.blocks)
        if options.loss == "relative":
            self.criterion = dfno.DistributedRelativeLpLoss(partition)
        else:
            self.criterion = load("distdl.nn", "is the checkout of distdl complete?").DistributedMSELoss(partition)
        self.input = self.torch.randn(*self.tile(dfno, partition, global_input))
        self.target = self.torch.randn(*self.tile(dfno, partition, global_output))
        self.loss = math.nan

    @staticmethod
    def tile(dfno, partition, shape):
        return [int(extent) for extent in dfno.compute_distribution_info(partition, shape)["shape"]]

    def parameter_count(self):
        """Real numbers among the parameters of all ranks that a gradient reaches; complex ones count twice."""
        own = sum(p.numel() * (2 if p.is_complex() else 1) for p in self.network.parameters() if p.grad is not None)
        return self.communicator.allreduce(own)

    def __call__(self):
        """Returns the slowest rank's seconds; collective."""
        for parameter in self.network.parameters():
            parameter.grad = None
        self.communicator.Barrier()
        start = time.perf_counter()
        loss = self.criterion(self.network(self.input), self.target)
        loss.backward()
        seconds = time.perf_counter() - start
        self.loss = float(loss.detach())
        return self.communicator.allreduce(seconds, op=self.mpi.MAX)

    def peak_bytes(self):
        """The largest rank's peak resident set; collective."""
        return self.communicator.allreduce(resident_peak(), op=self.mpi.MAX)


def next_command(communicator):
    """Rank 0's next line for everyone; the others sleep between polls because a blocking receive would spin."""
    if communicator.rank == 0:
        command = (sys.stdin.readline() or "quit").strip()
        for rank in range(1, communicator.size):
            communicator.send(command, dest=rank)
        return command
    while not communicator.Iprobe(source=0):
        time.sleep(POLL_SECONDS)
    return communicator.recv(source=0)


def serve(gradient, communicator):
    gradient()
    while (command := next_command(communicator)) != "quit":
        if command == "go":
            seconds, peak = gradient(), gradient.peak_bytes()
            answer = f"{seconds:.6f} {peak}"
        else:
            answer = f'error: expected "go" or "quit", found "{command}"'
        if communicator.rank == 0:
            print(answer, flush=True)


def measure(options, gradient, communicator):
    start_peak = gradient.peak_bytes()
    if options.once:
        seconds = [gradient()]
    else:
        gradient()
        seconds = [gradient() for _ in range(options.repeats)]
    figures = {
        "program": "dfno",
        "grid": options.grid,
        "modes": options.modes,
        "width": options.width,
        "hidden": HIDDEN,
        "blocks": options.blocks,
        "batch": options.batch,
        "in_channels": options.in_channels,
        "in_steps": options.in_steps,
        "partition": options.partition,
        "loss": options.loss,
        "dtype": "float32",
        "ranks": communicator.size,
        "threads": options.threads,
        "warm_ups": 0 if options.once else 1,
        "seconds": seconds,
        "median_seconds": statistics.median(seconds),
        "peak_rss_bytes": gradient.peak_bytes(),
        "peak_rss_bytes_before_first_gradient": start_peak,
        "parameters": gradient.parameter_count(),
        "loss_value": gradient.loss,
        "torch": gradient.torch.__version__,
    }
    if communicator.rank != 0:
        return
    print(f"median {figures['median_seconds']:.3f} s of {len(seconds)} (least {min(seconds):.3f}), "
          f"peak {figures['peak_rss_bytes']} bytes on the largest of {communicator.size} ranks "
          f"({start_peak} before the first gradient)")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def main():
    options = parse_arguments()
    mpi = load("mpi4py.MPI", "install it (Debian: python3-mpi4py)")
    communicator = mpi.COMM_WORLD
    check(options, communicator.size)
    try:
        gradient = Gradient(options, communicator, mpi)
        if options.serve:
            serve(gradient, communicator)
        else:
            measure(options, gradient, communicator)
    except Failure:
        raise
    except Exception:
        # Without this the other ranks would wait for ever.
        traceback.print_exc()
        communicator.Abort(1)


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"compare_dfno.py: {failure}")
