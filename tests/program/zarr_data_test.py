#!/usr/bin/env python3
"""The program on data sets in Zarr: the same numbers as in HDF5, one clear message for what is wrong, and nothing that an
interrupted run leaves is taken for a data set. Run by CTest with the program, mpirun and a scratch folder."""
import csv
import glob
import os
import shutil
import signal
import subprocess
import sys
import time
import unittest

TESSERA, MPIEXEC, SCRATCH = sys.argv[1:4]
PATIENCE_SECONDS = 60
GENERATE = ["generate", "navier-stokes", "--grid", "16,8,8", "--steps", "4", "--spin-up", "0.1", "--interval", "0.1"]
MODEL = ["--width", "4", "--hidden", "6", "--blocks", "1", "--modes", "2,2,2,2", "--epochs", "1", "--batch-size", "2"]


def run(ranks, *arguments):
    """Exit code and everything printed."""
    result = subprocess.run([MPIEXEC, "-n", str(ranks), TESSERA, *arguments], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_SECONDS)
    return result.returncode, result.stdout


class ZarrData(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.join(SCRATCH, self.id().split(".")[-1])
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def succeed(self, ranks, *arguments):
        code, text = run(ranks, *arguments)
        self.assertEqual(code, 0, text)
        return text

    def generate(self, *extra):
        return self.succeed(2, *GENERATE, "--train-samples", "4", "--valid-samples", "2", "--test-samples", "1",
                            "--format", "zarr", "--output", self.path("data"), *extra)

    def train(self, data, output, ranks=2, *extra):
        return run(ranks, "train", "--train", data, "--valid", self.path("data/valid.zarr"), "--output", self.path(output),
                   *MODEL, *extra)

    def history(self, name):
        with open(self.path(name + "/history.csv")) as file:
            return [(row["train_loss"], row["valid_relative_l2"]) for row in csv.DictReader(file)]

    def test_trains_evaluates_and_predicts_as_from_hdf5(self):
        self.assertIn("data/train.zarr --valid", self.generate())
        zarr, hdf5, other = self.path("data/train.zarr"), self.path("train.h5"), self.path("other.zarr")
        self.succeed(3, "data", "convert", zarr, hdf5)
        # More ranks than samples: they share each of them.
        self.succeed(6, "data", "convert", hdf5, other, "--chunk", "1,5,3,8,3", "--compressor", "zstd")
        for output, data in {"zarr": zarr, "hdf5": hdf5, "other": other}.items():
            code, text = self.train(data, output)
            self.assertEqual(code, 0, text)
            self.assertEqual(self.history(output), self.history("zarr"))
        code, text = self.train(other, "streamed", 2, "--activations", "none")
        self.assertEqual(code, 0, text)
        code, text = self.train(hdf5, "cached", 2, "--cache", self.path("cache"))
        self.assertEqual(code, 0, text)
        self.assertIn("valid.zarr; not for " + hdf5, text)
        self.assertIn("of the steps' time went by waiting for samples", text)
        self.assertEqual(self.history("cached"), self.history("zarr"))
        code, text = self.train(zarr, "refused", 2, "--cache-limit", "1")
        self.assertEqual(code, 2)
        self.assertIn("expected a data.cache to limit", text)
        test = self.path("data/test.zarr")
        self.succeed(2, "evaluate", "--checkpoint", self.path("zarr/best.h5"), "--test", test)
        self.succeed(2, "predict", "--checkpoint", self.path("zarr/best.h5"), "--test", test)

    def test_a_damaged_chunk_ends_all_ranks_with_one_message(self):
        self.generate()
        data = self.path("data/train.zarr")
        chunk = glob.glob(data + "/output/2.*")[0]
        with open(chunk, "r+b") as file:
            file.truncate(os.path.getsize(chunk) // 2)
        code, text = self.train(data, "run")
        self.assertNotEqual(code, 0)
        self.assertEqual(text.count("expected a chunk compressed by blosc"), 1, text)
        self.assertIn(data + ":output/2.", text)
        code, text = run(3, "data", "check", data)
        self.assertEqual(code, 1)
        self.assertIn(data + ":output/2.", text)
        os.remove(chunk)
        code, text = self.train(data, "run")
        self.assertNotEqual(code, 0)
        self.assertIn("expected the chunk of cells [2:3,", text)

    def test_an_interrupted_generation_is_no_data_set(self):
        generation = subprocess.Popen([TESSERA, *GENERATE, "--format", "zarr", "--output", self.path("data"),
                                       "--train-samples", "1000"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        data = self.path("data/train.zarr")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not glob.glob(data + "/output/3.*") and time.monotonic() < deadline:
            time.sleep(0.01)
        generation.send_signal(signal.SIGKILL)
        generation.wait()
        code, text = self.train(data, "run", 1)
        self.assertNotEqual(code, 0)
        self.assertIn("expected a complete data set, found one that lacks", text)
        code, text = run(1, "data", "check", data)
        self.assertEqual(code, 1)


if __name__ == "__main__":
    os.makedirs(SCRATCH, exist_ok=True)
    unittest.main(argv=sys.argv[:1])
