#!/usr/bin/env python3
"""The program with --device cuda computes what it computes on the CPU. Run by CTest with the program, mpirun and a
scratch folder; says "skipped: no device" where there is none."""
import csv
import os
import shutil
import subprocess
import sys
import unittest

import h5py
import numpy as np

from random_data import write_data

TESSERA, MPIEXEC, SCRATCH = sys.argv[1:4]
PATIENCE_SECONDS = 200
MODEL = ["--width", "4", "--hidden", "6", "--blocks", "2", "--modes", "2,2,2", "--precision", "float64"]
TOLERANCE = 1e-8  # figures are printed with ten digits, after two epochs


def run(ranks, *arguments):
    """Everything printed; an exception where the program fails."""
    result = subprocess.run([MPIEXEC, "-n", str(ranks), TESSERA, *arguments], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_SECONDS)
    assert result.returncode == 0, result.stdout
    return result.stdout


class OnDevice(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shutil.rmtree(SCRATCH, ignore_errors=True)
        os.makedirs(SCRATCH)
        cls.data = os.path.join(SCRATCH, "data.h5")
        write_data(cls.data, 3, (7, 5), 4)
        cls.expected = cls.train("cpu", 1, "--device", "cpu")

    @classmethod
    def train(cls, name, ranks, *extra):
        """Losses, gradient norms and scores of every epoch."""
        folder = os.path.join(SCRATCH, name)
        run(ranks, "train", "--train", cls.data, "--valid", cls.data, "--output", folder, "--epochs", "2",
            "--batch-size", "2", *MODEL, *extra)
        with open(os.path.join(folder, "history.csv")) as file:
            rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
        return [[value for key, value in row.items() if "second" not in key] for row in rows]

    def test_training_is_that_of_the_cpu_in_every_mode(self):
        for activations in ("all", "one", "none"):
            found = self.train("cuda_" + activations, 1, "--device", "cuda", "--activations", activations)
            np.testing.assert_allclose(found, self.expected, rtol=TOLERANCE, err_msg=activations)

    def test_training_is_that_of_the_cpu_on_two_ranks(self):
        found = self.train("cuda_ranks", 2, "--device", "cuda", "--partition", "1,1,2,1,1", "--backend", "mpi")
        np.testing.assert_allclose(found, self.expected, rtol=TOLERANCE)

    def test_a_checkpoint_serves_every_device(self):
        checkpoint = os.path.join(SCRATCH, "cpu", "best.h5")
        predictions = {}
        for device in ("cpu", "cuda"):
            path = os.path.join(SCRATCH, device + ".h5")
            run(1, "predict", "--test", self.data, "--checkpoint", checkpoint, "--predictions", path, "--device", device)
            with h5py.File(path) as file:
                predictions[device] = file["prediction"][()]
        np.testing.assert_allclose(predictions["cuda"], predictions["cpu"], rtol=0, atol=1e-6)


if __name__ == "__main__":
    probe = run(1, "plan", "--probe")
    if "no device" in probe:
        print("skipped: no device:", probe.splitlines()[0])
        sys.exit(0)
    unittest.main(argv=sys.argv[:1])
