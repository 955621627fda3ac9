#!/usr/bin/env python3
"""Reads with h5py what the library wrote, and has the library's values where they belong.

Usage: check_interchange_files.py <launcher> <ranks flag> <ranks> <write_interchange_files>
"""
import subprocess
import sys
import tempfile

import h5py
import numpy as np


def indexed(*shape):
    return np.arange(np.prod(shape)).reshape(shape) + 0.5


def equal(array, dtype, values):
    assert array.dtype == dtype, f"{array.name}: {array.dtype}, expected {dtype}"
    np.testing.assert_array_equal(array[...], values.astype(dtype), err_msg=array.name)


def check_dataset(path):
    with h5py.File(path) as file:
        equal(file["input"], np.float32, indexed(3, 2, 5, 4))
        equal(file["output"], np.float32, indexed(3, 1, 5, 6))
        assert list(file.attrs["axis_names"]) == ["x", "t"], file.attrs["axis_names"]
        assert list(file.attrs["grid_spacing"]) == [0.5, 0.25]
        assert file.attrs["complete"] == 1
        assert dict(file["provenance"].attrs) == {"generator": "Grüße"}


def check_checkpoint(path):
    values = indexed(3, 5, 7)
    with h5py.File(path) as file:
        equal(file["parameter/real"], np.float64, values)
        equal(file["parameter/complex"], np.complex64, values - 2j * values)
        assert file.attrs["epoch"] == 12
        assert list(file.attrs["modes"]) == [4, 3]
        assert file.attrs["model"] == 'name = "fno"'


with tempfile.TemporaryDirectory() as directory:
    subprocess.run([*sys.argv[1:], directory], check=True)
    check_dataset(f"{directory}/dataset.h5")
    check_checkpoint(f"{directory}/checkpoint.h5")
print("h5py agrees")
