#!/usr/bin/env python3
"""Exports a Fourier neural operator from PyTorch for `tessera verify`: input, weights, output, loss and gradients.

    python3 export_reference.py case.h5                                    a small random network
    python3 export_reference.py case.h5 --state trained.pt --grid 32,24,10 --modes 8,6,5 --in-steps 3
    mpirun -n 4 tessera verify case.h5 --partition 1,1,2,2,1

`--state` is a state_dict (torch.save(model.state_dict(), "trained.pt")) with the parameter names of the class Fno
below: rename yours to match. Spectral weights may come as one tensor or as the corners weights1, weights2, ... of the
original implementation (Li et al., arXiv 2010.08895). Widths and channels are read from the state; `--input` and
`--target` (.npy) default to random numbers. Needs torch, numpy and h5py (Debian: python3-torch python3-numpy
python3-h5py).

What is computed, for x of shape [batch, in_channels, *space, in_steps] with time as the last grid axis:

    h = gelu(lift_time(x))                 affine along the last axis, in_steps -> grid[-1]
    h = gelu(lift_channel(h))              affine over channels, in_channels -> width
    h = gelu(W h + irfftn(R . rfftn(h)))   blocks times; W is width x width without bias
    y = project2(gelu(project1(h)))        width -> hidden -> out_channels
    loss = 1/2 sum (y - target)^2

with the exact gelu. rfftn is unscaled, irfftn divides by the number of grid points. Kept modes: 0..m-1 on the last
axis, 0..m-1 and N-m..N-1 on every other, stored in that order in R [in, out, 2 m_1, ..., 2 m_{d-1}, m_d]:
out[o, k] = sum_i h[i, k] R[i, o, k]. Gradients of complex weights are dL/dRe + i dL/dIm, PyTorch's own convention.
"""

import argparse
import math
import re

import h5py
import numpy as np
import torch
from torch import nn
from torch.nn import functional


class ChannelAffine(nn.Module):
    """y[b, o, ...] = sum_i weight[o, i] x[b, i, ...] + bias[o]"""

    def __init__(self, inputs, outputs, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / math.sqrt(inputs))
        self.bias = nn.Parameter(0.1 * torch.randn(outputs)) if bias else None

    def forward(self, x):
        return functional.linear(x.movedim(1, -1), self.weight, self.bias).movedim(-1, 1)


class SpectralConv(nn.Module):
    """irfftn(R . rfftn(h)) over all grid axes, on the kept modes."""

    def __init__(self, width, grid, modes):
        super().__init__()
        self.grid, self.modes = grid, modes
        kept = [2 * m for m in modes[:-1]] + [modes[-1]]
        self.weight = nn.Parameter(torch.randn(width, width, *kept, dtype=torch.complex128) / width)

    def forward(self, h):
        axes = list(range(2, h.dim()))
        spectrum = torch.fft.rfftn(h, dim=axes)
        kept = [torch.cat([torch.arange(m), torch.arange(n - m, n)]) for n, m in zip(self.grid[:-1], self.modes)]
        index = (slice(None), slice(None), *torch.meshgrid(*kept, torch.arange(self.modes[-1]), indexing="ij"))
        result = torch.zeros_like(spectrum)
        result[index] = torch.einsum("bi...,io...->bo...", spectrum[index], self.weight)
        return torch.fft.irfftn(result, s=self.grid, dim=axes)


class Block(nn.Module):
    def __init__(self, width, grid, modes):
        super().__init__()
        self.pointwise = ChannelAffine(width, width, bias=False)
        self.spectral = SpectralConv(width, grid, modes)

    def forward(self, h):
        return functional.gelu(self.pointwise(h) + self.spectral(h))


class Fno(nn.Module):
    def __init__(self, *, in_channels, out_channels, grid, in_steps, modes, width, hidden, blocks):
        super().__init__()
        self.lift_time = nn.Linear(in_steps, grid[-1])
        self.lift_channel = ChannelAffine(in_channels, width)
        self.blocks = nn.ModuleList(Block(width, grid, modes) for _ in range(blocks))
        self.project1 = ChannelAffine(width, hidden)
        self.project2 = ChannelAffine(hidden, out_channels)

    def forward(self, x):
        h = functional.gelu(self.lift_channel(functional.gelu(self.lift_time(x))))
        for block in self.blocks:
            h = block(h)
        return self.project2(functional.gelu(self.project1(h)))


def join_corners(corners, axes):
    """One weight from the 2^(axes-1) corners of the original implementation, the first axis alternating fastest."""
    expected = 2 ** (axes - 1)
    if len(corners) != expected:
        raise SystemExit(f"expected {expected} corners of a spectral weight of {axes} grid axes, found {len(corners)}")
    for axis in range(axes - 1):
        corners = [torch.cat(pair, dim=2 + axis) for pair in zip(corners[0::2], corners[1::2])]
    return corners[0]


def with_joined_corners(state, axes):
    """The state with every ...weights1, ...weights2, ... replaced by one ...weight."""
    joined = {}
    corners = {}
    for name, value in state.items():
        match = re.fullmatch(r"(.*\.)weights(\d+)", name)
        if match:
            corners.setdefault(match[1] + "weight", {})[int(match[2])] = value
        else:
            joined[name] = value
    for name, numbered in corners.items():
        joined[name] = join_corners([numbered[number] for number in sorted(numbered)], axes)
    return joined


def sizes_of(state):
    """Channels, widths and depth of the network a state belongs to."""
    width, in_channels = state["lift_channel.weight"].shape
    out_channels, hidden = state["project2.weight"].shape
    blocks = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("blocks."))
    return dict(in_channels=in_channels, out_channels=out_channels, width=width, hidden=hidden, blocks=blocks)


def name_in_file(parameter):
    """blocks.0.spectral.weight -> block0/spectral/weight"""
    return re.sub(r"^blocks\.(\d+)", r"block\1", parameter).replace(".", "/")


def export(path, model, sizes, x, target):
    """Runs the model forward and backward in float64 and writes everything `tessera verify` compares."""
    x.requires_grad_(True)
    y = model(x)
    if y.shape != target.shape:
        raise SystemExit(f"expected a target of shape {list(y.shape)}, found {list(target.shape)}")
    loss = 0.5 * ((y - target) ** 2).sum()
    loss.backward()
    with h5py.File(path, "w") as file:
        for name, value in {"batch": x.shape[0], **sizes, "loss": loss.item()}.items():
            file.attrs[name] = value
        file["input"], file["target"], file["output"] = (t.detach().numpy() for t in (x, target, y))
        file["gradient/input"] = x.grad.numpy()
        for name, parameter in model.named_parameters():
            file[f"parameter/{name_in_file(name)}"] = parameter.detach().resolve_conj().numpy()
            file[f"gradient/{name_in_file(name)}"] = parameter.grad.resolve_conj().numpy()
    print(f"{path}: output {list(y.shape)}, loss {loss.item():.12g}")


def integers(text):
    return [int(word) for word in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description="Exports a Fourier neural operator from PyTorch for `tessera verify`.")
    parser.add_argument("file", help="HDF5 file to write")
    parser.add_argument("--state", help="state_dict saved with torch.save; default: random weights")
    parser.add_argument("--grid", type=integers, default=[12, 10, 8], help="cells per grid axis, time last")
    parser.add_argument("--modes", type=integers, default=[4, 3, 4], help="kept modes per grid axis")
    parser.add_argument("--in-steps", type=int, default=3, help="time steps of the input")
    parser.add_argument("--batch", type=int, default=2, help="samples of a random input")
    parser.add_argument("--input", help=".npy file [batch, in_channels, *space, in_steps]; default: random")
    parser.add_argument("--target", help=".npy file [batch, out_channels, *grid]; default: random")
    parser.add_argument("--seed", type=int, default=1, help="seed of everything random")
    options = parser.parse_args()
    if len(options.modes) != len(options.grid):
        raise SystemExit(f"expected as many modes as grid axes, {len(options.grid)}, found {len(options.modes)}")

    torch.set_default_dtype(torch.float64)
    torch.manual_seed(options.seed)
    sizes = dict(in_channels=1, out_channels=1, width=5, hidden=8, blocks=2)
    state = None
    if options.state:
        state = with_joined_corners(torch.load(options.state, map_location="cpu"), len(options.grid))
        sizes = sizes_of(state)
    sizes.update(grid=options.grid, in_steps=options.in_steps, modes=options.modes)
    model = Fno(**sizes)
    if state:
        model.load_state_dict(state)

    def tensor(path, *shape):
        return torch.from_numpy(np.load(path).astype(np.float64)) if path else torch.randn(*shape)

    x = tensor(options.input, options.batch, sizes["in_channels"], *options.grid[:-1], options.in_steps)
    target = tensor(options.target, x.shape[0], sizes["out_channels"], *options.grid)
    export(options.file, model, sizes, x, target)


if __name__ == "__main__":
    main()
