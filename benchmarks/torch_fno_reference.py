#!/usr/bin/env python3
"""Writes a random Fourier neural operator case of any size, computed by PyTorch in float64, for `tessera verify`.

    python3 torch_fno_reference.py case.h5 --grid 64,64,64,16 --modes 4,4,4,4 --width 20
    tessera verify case.h5 --dtype float32

The network, for x of shape [batch, in_channels, *space, in_steps] with time as the last grid axis:

    h = gelu(lift_time(x))                 affine along the last axis, in_steps -> grid[-1]
    h = gelu(lift_channel(h))              affine over channels, in_channels -> width
    h = gelu(W h + irfftn(R . rfftn(h)))   blocks times; W is width x width without bias
    y = project2(gelu(project1(h)))        width -> hidden -> out_channels

with the exact gelu. rfftn is unscaled, irfftn divides by the number of grid points. Kept modes: 0..m-1 on the last
axis, 0..m-1 and N-m..N-1 on every other, stored in that order in R [in, out, 2 m_1, ..., 2 m_{d-1}, m_d]:
out[o, k] = sum_i h[i, k] R[i, o, k]. Gradients of complex weights are dL/dRe + i dL/dIm, PyTorch's own convention.

The losses are `half-squares`, 1/2 sum (y - target)^2, which is the one `tessera verify` computes; `mean-squares`, the
mean of (y - target)^2; and `relative`, |y - target| / |target| per sample, averaged over the batch.

Memory is kept to about twelve tensors of the grid times the width (8 GB for 64,64,64,16 and 20): blocks and slabs of
the projection are computed a second time in the backward pass, and only kept modes are transformed, axis by axis, by
products with matrices of the discrete Fourier transform. --fft takes torch.fft over the whole spectrum instead, for an
independent check. The same seed and sizes give the same case on one version of PyTorch.
"""

import argparse
import math
import sys

import torch
from torch.nn.functional import gelu
from torch.utils.checkpoint import checkpoint

from rival import integers

SLAB_BYTES = 2**28  # largest hidden tensor of the projection held at once


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="HDF5 file to write")
    parser.add_argument("--grid", type=integers, default=[32, 32, 32, 16], help="grid points, 1 to 4 axes, time last")
    parser.add_argument("--modes", type=integers, default=[4, 4, 4, 4], help="kept modes of each grid axis")
    parser.add_argument("--width", type=int, default=20, help="channels of the blocks")
    parser.add_argument("--hidden", type=int, default=128, help="hidden channels of the projection")
    parser.add_argument("--blocks", type=int, default=4)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--in-channels", type=int, default=1)
    parser.add_argument("--out-channels", type=int, default=1)
    parser.add_argument("--in-steps", type=int, default=1, help="time steps of the input")
    parser.add_argument("--loss", choices=sorted(LOSSES), default="half-squares")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--fft", action="store_true", help="transform with torch.fft instead of matrix products")
    options = parser.parse_args()
    if len(options.modes) != len(options.grid):
        parser.error(f"expected as many modes as grid axes, found grid {options.grid}, modes {options.modes}")
    for axis, (points, modes) in enumerate(zip(options.grid, options.modes)):
        most = points // 2 + 1 if axis == len(options.grid) - 1 else points // 2
        if not 1 <= modes <= most:
            parser.error(f"expected 1 to {most} modes on axis {axis} of {points} points, found {modes}")
    return options


def half_squares(output, target):
    return 0.5 * ((output - target) ** 2).sum()


def mean_squares(output, target):
    return ((output - target) ** 2).mean()


def relative(output, target):
    error = (output - target).flatten(1).norm(dim=1)
    return (error / target.flatten(1).norm(dim=1)).mean()


LOSSES = {"half-squares": half_squares, "mean-squares": mean_squares, "relative": relative}


def kept_modes(points, modes, last):
    low = torch.arange(modes)
    return low if last else torch.cat([low, torch.arange(points - modes, points)])


def rotation(points, modes):
    """cos and sin of 2 pi k n / points, [modes, points]; the angle is reduced in integers so that sin(pi) is 0."""
    turn = torch.outer(modes, torch.arange(points)) % points
    angle = turn * (2 * math.pi / points)
    return torch.cos(angle), torch.where(2 * turn % points == 0, torch.zeros(()), torch.sin(angle))


def along(matrix, tensor, axis):
    """Contracts `axis` of the tensor with the columns of the matrix."""
    return torch.movedim(torch.movedim(tensor, axis, -1) @ matrix.T, -1, axis)


class MatrixTransform:
    """The truncated transforms as products with matrices that hold the kept modes alone."""

    def __init__(self, grid, modes):
        time = len(grid) - 1
        last = kept_modes(grid[-1], modes[-1], True)
        cosine, sine = rotation(grid[-1], last)
        # A real signal's bins k and N - k are conjugate; the first and an even length's middle have no partner.
        weight = torch.where(2 * last % grid[-1] == 0, 1.0, 2.0) / grid[-1]
        self.last_forward = cosine, -sine
        self.last_inverse = (weight[:, None] * cosine).T, (-weight[:, None] * sine).T
        self.space = []
        for axis in range(time):
            matrix = torch.complex(*rotation(grid[axis], kept_modes(grid[axis], modes[axis], False)))
            self.space.append((axis + 2, matrix.conj().resolve_conj(), matrix.T / grid[axis]))

    def forward(self, h):
        spectrum = torch.complex(*(along(matrix, h, -1) for matrix in self.last_forward))
        for axis, matrix, _ in reversed(self.space):
            spectrum = along(matrix, spectrum, axis)
        return spectrum

    def inverse(self, spectrum):
        for axis, _, matrix in self.space:
            spectrum = along(matrix, spectrum, axis)
        return along(self.last_inverse[0], spectrum.real, -1) + along(self.last_inverse[1], spectrum.imag, -1)


class FftTransform:
    """The same by torch.fft: the whole spectrum, then the kept modes."""

    def __init__(self, grid, modes):
        self.grid, self.axes = grid, list(range(2, 2 + len(grid)))
        kept = [kept_modes(n, m, axis == len(grid) - 1) for axis, (n, m) in enumerate(zip(grid, modes))]
        self.index = (slice(None), slice(None), *torch.meshgrid(*kept, indexing="ij"))

    def forward(self, h):
        return torch.fft.rfftn(h, dim=self.axes)[self.index]

    def inverse(self, spectrum):
        shape = [*spectrum.shape[:2], *self.grid[:-1], self.grid[-1] // 2 + 1]
        whole = torch.zeros(shape, dtype=spectrum.dtype)
        whole[self.index] = spectrum
        return torch.fft.irfftn(whole, s=self.grid, dim=self.axes)


def channel_affine(h, weight, bias=None):
    """y[b, o, ...] = sum_i weight[o, i] h[b, i, ...] + bias[o]"""
    y = torch.matmul(weight, h.flatten(2))
    if bias is not None:
        y = y + bias[:, None]
    return y.unflatten(2, h.shape[2:])


def block(h, pointwise, spectral, transform):
    mixed = torch.einsum("bi...,io...->bo...", transform.forward(h), spectral)
    return gelu(channel_affine(h, pointwise) + transform.inverse(mixed))


def project(h, *parameters):
    weight1, bias1, weight2, bias2 = parameters
    return channel_affine(gelu(channel_affine(h, weight1, bias1)), weight2, bias2)


def lift(parameters, x):
    h = gelu(x @ parameters["lift_time/weight"].T + parameters["lift_time/bias"])
    return gelu(channel_affine(h, parameters["lift_channel/weight"], parameters["lift_channel/bias"]))


def network(options, parameters, x):
    """The output of the operator; blocks and slabs of the projection keep only their inputs."""
    transform = (FftTransform if options.fft else MatrixTransform)(options.grid, options.modes)
    h = lift(parameters, x)
    for i in range(options.blocks):
        h = checkpoint(block, h, parameters[f"block{i}/pointwise/weight"], parameters[f"block{i}/spectral/weight"],
                       transform, use_reentrant=False)
    projection = [parameters[f"project{i}/{part}"] for i in (1, 2) for part in ("weight", "bias")]
    plane_bytes = h[0, 0, 0].numel() * options.batch * options.hidden * h.element_size()
    slabs = h.split(max(1, SLAB_BYTES // plane_bytes), dim=2)
    return torch.cat([checkpoint(project, slab, *projection, use_reentrant=False) for slab in slabs], dim=2)


def draw_case(options):
    """Parameters by name, input and target, all drawn from one seeded generator."""
    generator = torch.Generator().manual_seed(options.seed)

    def draw(*shape):
        return torch.randn(*shape, generator=generator)

    def affine(name, outputs, inputs):
        parameters[f"{name}/weight"] = draw(outputs, inputs) / math.sqrt(inputs)
        parameters[f"{name}/bias"] = 0.1 * draw(outputs)

    parameters = {}
    width = options.width
    kept = [2 * m for m in options.modes[:-1]] + [options.modes[-1]]
    affine("lift_time", options.grid[-1], options.in_steps)
    affine("lift_channel", width, options.in_channels)
    for i in range(options.blocks):
        parameters[f"block{i}/pointwise/weight"] = draw(width, width) / math.sqrt(width)
        real, imaginary = draw(width, width, *kept), draw(width, width, *kept)
        parameters[f"block{i}/spectral/weight"] = torch.complex(real, imaginary) / width
    affine("project1", options.hidden, width)
    affine("project2", options.out_channels, options.hidden)
    x = draw(options.batch, options.in_channels, *options.grid[:-1], options.in_steps)
    target = draw(options.batch, options.out_channels, *options.grid)
    for leaf in (*parameters.values(), x):
        leaf.requires_grad_(True)
    return parameters, x, target


def write(options, parameters, x, target, output, loss):
    # Not at the top: who takes the network alone needs neither.
    import h5py
    import numpy as np
    names = ("batch", "in_channels", "out_channels", "grid", "in_steps", "modes", "width", "hidden", "blocks")
    with h5py.File(options.file, "w") as file:
        for name in names:
            file.attrs[name] = getattr(options, name)
        file.attrs["loss"] = loss.item()
        file.attrs["loss_function"] = options.loss
        for name, tensor in (("input", x), ("target", target), ("output", output)):
            file[name] = tensor.detach().numpy()
        file["gradient/input"] = x.grad.numpy()
        for name, parameter in parameters.items():
            file[f"parameter/{name}"] = parameter.detach().numpy()
            file[f"gradient/{name}"] = np.ascontiguousarray(parameter.grad.resolve_conj().numpy())


def main():
    options = parse_arguments()
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(options.threads)
    parameters, x, target = draw_case(options)
    output = network(options, parameters, x)
    loss = LOSSES[options.loss](output, target)
    loss.backward()
    write(options, parameters, x, target, output, loss)
    print(f"{options.file}: output {list(output.shape)}, {options.loss} {loss.item():.15g}")


if __name__ == "__main__":
    sys.exit(main())
