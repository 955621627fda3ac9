#!/usr/bin/env python3
"""Times the Fourier neural operator of torch_fno_reference.py as PyTorch's users write it, on a GPU or the CPU.

    python3 compare_torch_fno.py --grid 64,64,64,32 --modes 8,8,8,8 --device cuda
    python3 compare_torch_fno.py --grid 64,64,64,32 --modes 8,8,8,8 --device cuda --compile --precision tf32
    python3 compare_torch_fno.py --check ../tests/data/fno4d_even.h5

The network is that of torch_fno_reference.py, in float32, with every activation kept. A spectral convolution is
rfftn over the grid, a product with the weights in every corner of kept modes, written into a spectrum of zeros, and
irfftn. One repeat is what --pass says: `forward` a prediction without gradients, `gradient` forward, loss and backward
to every parameter from cleared gradients, `step` the same and a step of torch.optim.Adam. Its time ends when the device
is done. Peak memory is torch.cuda.max_memory_allocated, on the CPU the resident set.

--precision float32 computes everything so. tf32 lets products use tensor cores on factors rounded to 10 bits of
fraction; bf16 runs the network under autocast, whose real products are of bfloat16; transforms and complex products stay
float32 in both. Neither is the same computation as float32.

The default run makes one pass to warm up, then --repeats measured ones, and prints their median. --check reads a case
that torch_fno_reference.py or tests/data/make_reference.py wrote (which `tessera verify` reads, too) and compares
output, loss and gradients with it; its exit code is 1 where they differ by more than --tolerance, 77 without torch or
h5py. --serve answers lines from the standard input: "ready" with a line "ready: WHAT" after two passes, or "absent: WHY
NOT"; "go" makes one pass and answers "SECONDS PEAK_BYTES"; "quit" or the end of the input ends the program.
"""

import argparse
import contextlib
import itertools
import os
import statistics
import sys
import time

from rival import Failure, add_model_arguments, check_model, load, resident_peak

LOSSES = {"relative": "relative", "mse": "mean-squares"}
SKIPPED = 77
ADAM_RATE = 1e-3


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_model_arguments(parser)
    parser.add_argument("--hidden", type=int, default=128, help="hidden channels of the projection")
    parser.add_argument("--loss", choices=sorted(LOSSES), default="relative", help="relative L2 or mean square")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--pass", dest="kind", choices=["forward", "gradient", "step"], default="gradient")
    parser.add_argument("--precision", choices=["float32", "tf32", "bf16"], default="float32")
    parser.add_argument("--compile", action="store_true", help="by torch.compile")
    parser.add_argument("--tolerance", type=float, default=1e-5, help="of --check: relative, in the 2-norm")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", metavar="FILE", help="compare with a case in a file")
    mode.add_argument("--serve", action="store_true", help='one pass for each line "go"')
    options = parser.parse_args()
    options.out_channels, options.seed = 1, 1
    return options


def load_torch(options):
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    torch = load("torch", "install it (Debian: python3-torch libopenblas0)")
    torch.set_num_threads(options.threads)
    if options.device == "cuda" and not torch.cuda.is_available():
        raise Failure(f"torch {torch.__version__} finds no CUDA device")
    if options.compile and not hasattr(torch, "compile"):
        raise Failure(f"torch {torch.__version__} has no torch.compile")
    if options.precision != "float32" and options.device == "cpu":
        raise Failure(f"{options.precision} is for --device cuda")
    # oneDNN's gelu in torch 1.13 leaves part of its gradient unset where the one it is given is strided.
    torch.backends.mkldnn.set_flags(False)
    torch.backends.cuda.matmul.allow_tf32 = options.precision == "tf32"
    torch.backends.cudnn.allow_tf32 = options.precision == "tf32"
    return torch


class SpectralConvolution:
    """irfftn(R . rfftn(h)) on corners of kept modes."""

    def __init__(self, torch, grid, modes):
        self.torch, self.grid = torch, grid
        self.axes = list(range(2, 2 + len(grid)))
        self.half = [*grid[:-1], grid[-1] // 2 + 1]
        # Low and high frequencies, in the spectrum and in the weights.
        sides = [((slice(0, m), slice(0, m)), (slice(n - m, n), slice(m, 2 * m)))
                 for n, m in zip(grid[:-1], modes[:-1])]
        last = ((slice(0, modes[-1]), slice(0, modes[-1])),)
        everything = (slice(None), slice(None))
        self.corners = [tuple((*everything, *place) for place in zip(*corner))
                        for corner in itertools.product(*sides, last)]

    def __call__(self, h, weight):
        # Under autocast a product before this may have been of a type that has no transform.
        spectrum = self.torch.fft.rfftn(h.float(), dim=self.axes)
        mixed = self.torch.zeros(h.shape[0], weight.shape[1], *self.half, dtype=spectrum.dtype, device=h.device)
        for in_spectrum, in_weight in self.corners:
            mixed[in_spectrum] = self.torch.einsum("bi...,io...->bo...", spectrum[in_spectrum], weight[in_weight])
        return self.torch.fft.irfftn(mixed, s=self.grid, dim=self.axes)


class Problem:
    """The network with its parameters and fields; a call makes one pass."""

    def __init__(self, torch, options, case, loss):
        # Not at the top: it imports torch.
        import torch_fno_reference as reference
        self.torch, self.options, self.reference = torch, options, reference
        self.device = torch.device(options.device)
        parameters, x, target = case or reference.draw_case(options)
        on_device = lambda leaf: leaf.detach().to(self.device)
        self.parameters = {name: on_device(leaf).requires_grad_(True) for name, leaf in parameters.items()}
        self.x, self.target = on_device(x), on_device(target)
        self.loss = reference.LOSSES[loss]
        self.convolution = SpectralConvolution(torch, options.grid, options.modes)
        self.evaluate = torch.compile(self.network) if options.compile else self.network
        self.adam = torch.optim.Adam(self.parameters.values(), lr=ADAM_RATE) if options.kind == "step" else None

    def network(self, x):
        p, reference = self.parameters, self.reference
        h = reference.lift(p, x)
        for i in range(self.options.blocks):
            pointwise = reference.channel_affine(h, p[f"block{i}/pointwise/weight"])
            h = reference.gelu(pointwise + self.convolution(h, p[f"block{i}/spectral/weight"]))
        return reference.project(h, *(p[f"project{i}/{part}"] for i in (1, 2) for part in ("weight", "bias")))

    def output(self):
        bf16 = self.options.precision == "bf16"
        with self.torch.autocast("cuda", self.torch.bfloat16) if bf16 else contextlib.nullcontext():
            return self.evaluate(self.x).float()

    def synchronise(self):
        if self.device.type == "cuda":
            self.torch.cuda.synchronize()

    def compute(self):
        """Output and loss; the loss is None for a prediction."""
        if self.options.kind == "forward":
            with self.torch.no_grad():
                return self.output(), None
        for parameter in self.parameters.values():
            parameter.grad = None
        output = self.output()
        loss = self.loss(output, self.target)
        loss.backward()
        if self.adam:
            self.adam.step()
        return output, loss

    def __call__(self):
        """Returns seconds."""
        self.synchronise()
        start = time.perf_counter()
        self.compute()
        self.synchronise()
        return time.perf_counter() - start

    def peak_bytes(self):
        return self.torch.cuda.max_memory_allocated() if self.device.type == "cuda" else resident_peak()

    def description(self):
        name = self.torch.cuda.get_device_name() if self.device.type == "cuda" else "CPU"
        return f"torch {self.torch.__version__} on {name}"


def make_problem(options):
    check_model(options, lambda points, last: points // 2 + 1 if last else points // 2)
    return Problem(load_torch(options), options, None, LOSSES[options.loss])


def serve(options):
    problem = None
    for command in map(str.strip, sys.stdin):
        if command == "quit":
            return
        try:
            if command == "ready":
                problem = make_problem(options)
                for _ in range(2):
                    problem()
                answer = f"ready: {problem.description()}"
            elif command == "go" and problem:
                answer = f"{problem():.9f} {problem.peak_bytes()}"
            else:
                answer = f'error: expected "ready", then "go" or "quit", found "{command}"'
        except Exception as error:
            problem = None
            answer = f"absent: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
        print(answer, flush=True)


def measure(options):
    problem = make_problem(options)
    problem()
    seconds = [problem() for _ in range(options.repeats)]
    print(f"{problem.description()}: median {statistics.median(seconds):.4f} s of {len(seconds)} "
          f"(least {min(seconds):.4f}), peak {problem.peak_bytes()} bytes")


def read_case(torch, file, options):
    """The parameters, input and target of a case as float32; the sizes go to the options."""
    for name, value in file.attrs.items():
        setattr(options, name, [int(entry) for entry in value] if name in ("grid", "modes") else value)

    def tensor(name):
        value = torch.from_numpy(file[name][()])
        return value.to(torch.complex64 if value.is_complex() else torch.float32)

    names = []
    file["parameter"].visititems(lambda name, entry: names.append(name) if hasattr(entry, "shape") else None)
    return {name: tensor(f"parameter/{name}") for name in names}, tensor("input"), tensor("target")


def check(options):
    """Returns the exit code."""
    try:
        torch, h5py = load_torch(options), load("h5py", "install it (Debian: python3-h5py)")
    except Failure as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    with h5py.File(options.check, "r") as file:
        case = read_case(torch, file, options)
        problem = Problem(torch, options, case, file.attrs.get("loss_function", "half-squares"))
        output, loss = problem.compute()
        found = {"output": output, **{f"gradient/{name}": p.grad for name, p in problem.parameters.items()}}

        def error(name, tensor):
            expected = torch.from_numpy(file[name][()])
            return float((tensor.detach().cpu() - expected).norm() / expected.norm())

        errors = {name: error(name, tensor) for name, tensor in found.items()}
        errors["loss"] = abs(float(loss) / float(file.attrs["loss"]) - 1)
    worst = max(errors, key=errors.get)
    print(f"{options.check}: largest relative error {errors[worst]:.2e} ({worst}) of {len(errors)}, "
          f"tolerance {options.tolerance:.1e}")
    return 0 if errors[worst] <= options.tolerance else 1


def main():
    options = parse_arguments()
    if options.check:
        return check(options)
    if options.serve:
        return serve(options)
    return measure(options)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"compare_torch_fno.py: {failure}")
