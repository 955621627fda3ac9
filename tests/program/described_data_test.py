#!/usr/bin/env python3
"""The program on HDF5 files of other layouts, made with h5py and described in TOML: info, check, convert, train, evaluate
and predict. Run by CTest with the program, mpirun and a scratch folder."""
import csv
import os
import shutil
import subprocess
import sys
import unittest

import h5py
import numpy as np

TESSERA, MPIEXEC, SCRATCH = sys.argv[1:4]
PATIENCE_SECONDS = 60
MODEL = ["--width", "4", "--hidden", "6", "--blocks", "1", "--epochs", "2", "--batch-size", "4"]
SAMPLES, STEPS, CELLS = 8, 12, 16


def run(ranks, *arguments):
    """Exit code and everything printed."""
    result = subprocess.run([MPIEXEC, "-n", str(ranks), TESSERA, *arguments], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_SECONDS)
    return result.returncode, result.stdout


def travelling_waves():
    """[sample, t, x]"""
    phase = np.random.default_rng(1).uniform(0, 1, SAMPLES)
    x, t = np.arange(CELLS) / CELLS, 0.05 * np.arange(STEPS)
    return np.sin(2 * np.pi * (x - t[:, None] + phase[:, None, None]))


class DescribedData(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.join(SCRATCH, self.id().split(".")[-1])
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.waves = travelling_waves()

    def path(self, name):
        return os.path.join(self.folder, name)

    def succeed(self, ranks, *arguments):
        code, text = run(ranks, *arguments)
        self.assertEqual(code, 0, text)
        return text

    def describe(self, name, *lines):
        with open(self.path(name), "w") as file:
            file.write("\n".join([*lines, "[input]", "t = [0, 2]", "[output]", "t = [2, 12]", ""]))
        return self.path(name)

    def describe_waves(self):
        with h5py.File(self.path("waves.hdf5"), "w") as file:
            file["tensor"] = self.waves.astype("f4")
            file["x-coordinate"] = np.arange(CELLS) / CELLS
        return self.describe("waves.toml", 'file = "waves.hdf5"', 'array = "tensor"', 'axes = ["sample", "t", "x"]')

    def converted(self, description, name):
        self.succeed(2, "data", "check", description)
        self.succeed(3, "data", "convert", description, self.path(name))
        with h5py.File(self.path(name)) as file:
            self.assertEqual(dict(file["provenance"].attrs)["description"], open(description).read())
            return file["input"][:], file["output"][:], list(file.attrs["axis_names"])

    def test_one_array_split_in_time(self):
        description = self.describe_waves()
        text = self.succeed(1, "data", "info", description)
        for part in ("HDF5 by description", "[1, 16, 2]", "[1, 16, 10]", "from " + self.path("waves.hdf5"), "x, t"):
            self.assertIn(part, text)
        found_in, found_out, axes = self.converted(description, "waves.h5")
        expected = self.waves.transpose(0, 2, 1)[:, None].astype("f4")
        self.assertTrue(np.array_equal(found_in, expected[..., :2]))
        self.assertTrue(np.array_equal(found_out, expected[..., 2:]))
        self.assertEqual(axes, ["x", "t"])

    def test_several_arrays_as_channels(self):
        quantities = {"density": 1.0, "pressure": 2.0, "Vx": 3.0, "Vy": 4.0}
        waves = self.waves[..., None] * np.arange(1, 5)
        with h5py.File(self.path("cfd.hdf5"), "w") as file:
            for name, factor in quantities.items():
                file[name] = factor * waves
        description = self.describe("cfd.toml", 'file = "cfd.hdf5"', f"arrays = {list(quantities)}",
                                    'axes = ["sample", "t", "x", "y"]', "samples = [1, 8, 3]", "x = [0, 16, 4]")
        _, found, _ = self.converted(description, "cfd.h5")
        expected = np.stack([factor * waves for factor in quantities.values()], 1)[1::3, :, 2:, ::4]
        self.assertTrue(np.array_equal(found, expected.transpose(0, 1, 3, 4, 2).astype("f4")))

    def test_a_group_per_sample(self):
        waves = self.waves[..., None, None] * np.arange(1, 5)[:, None] * np.array([1.0, -1.0])
        with h5py.File(self.path("groups.h5"), "w") as file:
            for sample in range(SAMPLES):
                file.create_dataset(f"{sample:04}/data", data=waves[sample], compression="gzip")
                file[f"{sample:04}/grid/x"] = np.arange(CELLS)
        description = self.describe("groups.toml", 'file = "groups.h5"', 'array = "{sample:04}/data"',
                                    'axes = ["t", "x", "y", "channel"]')
        found, _, axes = self.converted(description, "converted.h5")
        self.assertTrue(np.array_equal(found, waves[:, :2].transpose(0, 4, 2, 3, 1).astype("f4")))
        self.assertEqual(axes, ["x", "y", "t"])
        self.succeed(2, "train", "--train", description, "--output", self.path("run"), "--modes", "2,2,2", *MODEL)

    def test_trains_evaluates_and_predicts_as_from_a_converted_set(self):
        description = self.describe_waves()
        self.succeed(2, "data", "convert", description, self.path("waves.zarr"))
        history = {}
        for data in (description, self.path("waves.zarr")):
            output = data + ".run"
            self.succeed(2, "train", "--train", data, "--valid", data, "--output", output, "--modes", "3,2", *MODEL)
            with open(output + "/history.csv") as file:
                history[data] = [(row["train_loss"], row["valid_relative_l2"]) for row in csv.DictReader(file)]
            self.succeed(2, "evaluate", "--checkpoint", output + "/best.h5", "--test", data)
            self.succeed(2, "predict", "--checkpoint", output + "/best.h5", "--test", data)
        self.assertEqual(len(history[description]), 2)
        self.assertEqual(history[description], history[self.path("waves.zarr")])

    def test_one_message_for_what_is_wrong(self):
        description = self.describe_waves()
        with open(description, "a") as file:
            file.write("time = [0, 1]\n")
        code, text = run(3, "data", "info", description)
        self.assertNotEqual(code, 0)
        self.assertEqual(text.count("unknown key output.time"), 1, text)
        self.assertIn("waves.toml:8", text)
        code, text = run(2, "data", "convert", self.describe_waves(), self.path("new.toml"))
        self.assertNotEqual(code, 0)
        self.assertIn("expected the name of an HDF5 file or a Zarr group", text)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
