"""Data sets for tests of the program."""
import h5py
import numpy as np


def write_data(path, samples, grid, steps):
    generator = np.random.default_rng(1)
    with h5py.File(path, "w") as file:
        output = file.create_dataset("output", (samples, 1, *grid, steps), np.float32)
        source = file.create_dataset("input", (samples, 1, *grid, 1), np.float32)
        for sample in range(samples):
            source[sample] = generator.standard_normal(source.shape[1:], np.float32)
            output[sample] = source[sample] + np.sin(np.arange(steps, dtype=np.float32))
