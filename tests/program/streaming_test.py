#!/usr/bin/env python3
"""The program with --activations none: samples are read and predictions written tile by tile, and never held. Run by
CTest with the program, mpirun and a scratch folder."""
import csv
import os
import shutil
import subprocess
import sys
import time
import unittest

import h5py
import numpy as np

from random_data import write_data

TESSERA, MPIEXEC, SCRATCH = sys.argv[1:4]
PATIENCE_SECONDS = 60
MEGABYTE = 1 << 20
MODEL = ["--width", "6", "--hidden", "8", "--blocks", "2"]


def run(ranks, *arguments, **environment):
    """Exit code and everything printed."""
    result = subprocess.run([MPIEXEC, "-n", str(ranks), TESSERA, *arguments], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_SECONDS,
                            env={**os.environ, **environment})
    return result.returncode, result.stdout


def peak_bytes(*arguments):
    """The largest resident size of the program on one rank, without a launcher, as last seen before its end."""
    child = subprocess.Popen([TESSERA, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    peak = 0
    while child.poll() is None:
        try:
            # Before it becomes the program, the child shows this interpreter's memory.
            if os.readlink(f"/proc/{child.pid}/exe") == os.path.realpath(TESSERA):
                with open(f"/proc/{child.pid}/status") as status:
                    peak = max([peak] + [int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:")])
        except OSError:
            pass
        time.sleep(0.002)
    assert child.returncode == 0, arguments
    return peak


class Streaming(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.join(SCRATCH, self.id().split(".")[-1])
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.data = self.path("data.h5")

    def path(self, name):
        return os.path.join(self.folder, name)

    def train(self, name, *extra, ranks=2, **environment):
        return run(ranks, "train", "--train", self.data, "--valid", self.data, "--output", self.path(name), *MODEL,
                   "--modes", "2,2,2,2", "--batch-size", "2", *extra, **environment)

    def assert_succeeds(self, outcome):
        self.assertEqual(outcome[0], 0, outcome[1])
        return outcome[1]

    def history(self, name):
        with open(self.path(name + "/history.csv")) as file:
            return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]

    def test_every_mode_and_partition_trains_evaluates_and_predicts_alike(self):
        write_data(self.data, 3, (8, 6, 5), 4)
        axes = {"axis_names": ["x", "y", "depth", "t"], "grid_spacing": [1.0, 2.0, 3.0, 4.0],
                "grid_origin": [0.5, 1.0, 101.5, 4.0], "axis_units": ["m", "m", "m", "s"]}
        with h5py.File(self.data, "r+") as file:
            file.attrs.update(axes)
        for name, extra in {"all": [], "none": ["--activations", "none"],
                            "none_in_time": ["--activations", "none", "--partition", "1,1,1,1,1,2"],
                            "none_by_batch": ["--activations", "none", "--partition", "2,1,1,1,1,1"]}.items():
            with self.subTest(name):
                text = self.assert_succeeds(self.train(name, "--epochs", "2", "--precision", "float64", *extra))
                self.assertIn("activations " + ("none" if extra else "all"), text)
                for row, expected in zip(self.history(name), self.history("all"), strict=True):
                    for key in ("train_loss", "valid_relative_l2", "valid_r2", "gradient_norm"):
                        self.assertAlmostEqual(row[key], expected[key], delta=1e-7 * abs(expected[key]))
        predictions = {}
        for mode in ("all", "none"):
            common = ["--checkpoint", self.path("all/best.h5"), "--test", self.data, "--activations", mode]
            self.assert_succeeds(run(2, "evaluate", *common, "--results", self.path("results_" + mode)))
            self.assert_succeeds(run(2, "predict", *common, "--samples", "2,0", "--predictions", self.path(mode + ".h5")))
            with h5py.File(self.path(mode + ".h5")) as file:
                predictions[mode] = file["prediction"][:]
                self.assertEqual({name: list(file.attrs[name]) for name in axes}, axes)
                with h5py.File(self.data) as data:
                    np.testing.assert_array_equal(file["truth"][:], data["output"][:][[2, 0]])
                    np.testing.assert_array_equal(file["input"][:], data["input"][:][[2, 0]])
        np.testing.assert_allclose(predictions["none"], predictions["all"], rtol=0, atol=1e-6)
        with open(self.path("results_all.txt")) as left, open(self.path("results_none.txt")) as right:
            self.assertEqual(left.read(), right.read())

    def test_a_resumed_run_keeps_its_mode_until_told_otherwise(self):
        write_data(self.data, 2, (8, 6, 5), 4)
        self.assert_succeeds(self.train("run", "--epochs", "1", "--activations", "none"))
        self.assertIn("activations none", self.assert_succeeds(self.train("run", "--epochs", "2", "--resume")))
        text = self.assert_succeeds(self.train("run", "--epochs", "3", "--resume", "--activations", "one"))
        self.assertIn("activations one", text)

    def test_a_schedule_that_cannot_stream_is_refused_before_anything_is_touched(self):
        write_data(self.data, 2, (8, 6, 5), 4)
        self.assert_succeeds(self.train("run", "--epochs", "1"))
        before = sorted(os.listdir(self.path("run")))
        code, text = self.train("run", "--activations", "none", "--schedule", "grady", "--partition", "1,1,1,1,1,2")
        self.assertEqual(code, 2, text)
        self.assertIn("activations none: schedule grady", text)
        self.assertEqual(sorted(os.listdir(self.path("run"))), before)

    def test_memory_does_not_grow_with_the_sample(self):
        write_data(self.data, 1, (64, 64, 64), 32)
        sample_bytes = 64**3 * 32 * 4
        write_data(self.path("small.h5"), 1, (16, 16, 16), 8)
        training = ["train", "--epochs", "1", *MODEL, "--modes", "4,4,4,4", "--output", self.path("run"), "--train"]
        baseline = peak_bytes(*training, self.path("small.h5"))
        none = peak_bytes(*training, self.data, "--activations", "none") - baseline
        everything = peak_bytes(*training, self.data) - baseline
        inference = ["--checkpoint", self.path("run/best.h5"), "--test", self.data, "--activations", "none"]
        evaluated = peak_bytes("evaluate", *inference, "--results", self.path("results")) - baseline
        predicted = peak_bytes("predict", *inference, "--predictions", self.path("predictions.h5")) - baseline
        print("above %.1f MB: train %.1f (all: %.1f), evaluate %.1f, predict %.1f; a sample has %.1f" % tuple(
            value / MEGABYTE for value in (baseline, none, everything, evaluated, predicted, sample_bytes)))
        for peak in (none, evaluated, predicted):
            self.assertLess(peak, sample_bytes / 2)
        self.assertGreater(everything, 10 * none)

    def test_more_threads_than_cores_are_remarked_upon_once(self):
        write_data(self.data, 2, (8, 6, 5), 4)
        text = self.assert_succeeds(self.train("run", "--epochs", "1", "--threads", "2000", OMP_THREAD_LIMIT="2"))
        self.assertEqual(text.count("warning: node "), 1, text)
        self.assertIn("2 ranks x 2000 threads", text)
        text = self.assert_succeeds(self.train("run", "--epochs", "1", ranks=1))
        self.assertNotIn("warning", text)


if __name__ == "__main__":
    os.makedirs(SCRATCH, exist_ok=True)
    unittest.main(argv=sys.argv[:1], verbosity=2)
