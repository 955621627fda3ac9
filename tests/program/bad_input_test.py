#!/usr/bin/env python3
"""What the program says and does when it is given something wrong: one clear message, an exit code that is not 0, no
rank left waiting, the last good checkpoint intact. Run by CTest with the program, mpirun and a scratch folder."""
import hashlib
import os
import resource
import shutil
import subprocess
import sys
import time
import unittest

import h5py
import numpy as np

TESSERA, THROWING, MPIEXEC, SCRATCH = sys.argv[1:5]
PATIENCE_SECONDS = 60
DEFAULTS = {"--epochs": "1", "--modes": "2,2,2,2", "--width": "4", "--hidden": "6", "--blocks": "1", "--batch-size": "2"}


def run(ranks, *arguments, file_size_limit=None):
    """Exit code, everything printed, seconds."""
    limits = None
    if file_size_limit is not None:
        limits = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (file_size_limit, file_size_limit))
    start = time.monotonic()
    result = subprocess.run([MPIEXEC, "-n", str(ranks), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_SECONDS, preexec_fn=limits)
    return result.returncode, result.stdout, time.monotonic() - start


def write_data(path, samples=4, grid=(8, 6, 6), steps=4):
    cells = np.indices((samples, 1, *grid, steps)).sum(0)
    with h5py.File(path, "w") as file:
        file["output"] = np.sin(0.3 * cells).astype(np.float32)
        file["input"] = np.cos(0.3 * cells[..., :1]).astype(np.float32)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


class BadInput(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.join(SCRATCH, self.id().split(".")[-1])
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.data = self.path("train.h5")
        write_data(self.data)

    def path(self, name):
        return os.path.join(self.folder, name)

    def train(self, *extra, ranks=2, **keywords):
        defaults = [word for pair in DEFAULTS.items() if pair[0] not in extra for word in pair]
        return run(ranks, TESSERA, "train", "--train", self.data, "--output", self.path("run"), *defaults, *extra,
                   **keywords)

    def assert_refused(self, outcome, *words):
        code, text, seconds = outcome
        self.assertNotEqual(code, 0, text)
        for word in words:
            self.assertIn(word, text)
        lines = [line for line in text.splitlines() if line.startswith("tessera: ")]
        self.assertEqual(len(lines), 1, "expected one message, got:\n" + text)
        self.assertLess(seconds, 20)

    def test_good_input_trains(self):
        code, text, _ = self.train()
        self.assertEqual(code, 0, text)
        self.assertTrue(os.path.exists(self.path("run/checkpoint.h5")))

    def test_partition_that_is_not_the_rank_count(self):
        self.assert_refused(self.train("--partition", "1,1,3,1,1,1"), "partition", "2", "[1, 1, 3, 1, 1, 1]")

    def test_partition_of_too_few_axes(self):
        self.assert_refused(self.train("--partition", "1,2"), "partition", "6")

    def test_more_ranks_than_cells_is_allowed(self):
        code, text, _ = self.train("--partition", "1,1,1,1,1,6", ranks=6)
        self.assertEqual(code, 0, text)

    def test_modes_past_nyquist(self):
        self.assert_refused(self.train("--modes", "5,2,2,2"), "modes", "axis 0 of length 8", "1 to 4", "got 5")

    def test_unknown_key(self):
        with open(self.path("run.toml"), "w") as file:
            file.write("[training]\nlearing_rate = 0.1\n")
        self.assert_refused(self.train(self.path("run.toml")), "run.toml:2", "learing_rate", "training.learning_rate")

    def test_wrong_type(self):
        with open(self.path("run.toml"), "w") as file:
            file.write("[model]\nwidth = \"wide\"\n")
        self.assert_refused(self.train(self.path("run.toml")), "run.toml:2", "model.width", "integer")

    def test_missing_data_file(self):
        os.remove(self.data)
        self.assert_refused(self.train(), "train.h5")

    def test_truncated_data_file(self):
        with open(self.data, "r+b") as file:
            file.truncate(os.path.getsize(self.data) // 2)
        self.assert_refused(self.train(), "train.h5", "truncated")

    def test_file_that_is_no_hdf5(self):
        with open(self.data, "w") as file:
            file.write("x,y\n1,2\n")
        self.assert_refused(self.train(), "train.h5", "HDF5")

    def test_hdf5_file_of_something_else(self):
        with h5py.File(self.data, "w") as file:
            file["pressure"] = np.zeros((2, 3))
        self.assert_refused(self.train(), "train.h5", "input")

    def test_nan_in_the_data(self):
        with h5py.File(self.data, "r+") as file:
            file["output"][2, 0, 5, 1, 3, 2] = np.nan
        self.assert_refused(self.train(), "train.h5", "output", "nan", "sample 2", "cell [5, 1, 3, 2]")

    def test_predictions_get_their_name_when_they_are_whole(self):
        self.assertEqual(self.train()[0], 0)
        command = [TESSERA, "predict", "--checkpoint", self.path("run/best.h5"), "--test", self.data, "--predictions",
                   self.path("new/folder/predictions.h5")]
        code, text, _ = run(2, *command, "--samples", "1,3")
        self.assertEqual(code, 0, text)
        self.assertEqual(os.listdir(self.path("new/folder")), ["predictions.h5"])
        with h5py.File(self.path("new/folder/predictions.h5")) as found, h5py.File(self.data) as data:
            self.assertTrue(np.array_equal(found["truth"][:], data["output"][[1, 3]]))
            self.assertEqual(found["prediction"].shape, found["truth"].shape)
        before = digest(self.path("new/folder/predictions.h5"))
        with h5py.File(self.data, "r+") as file:
            file["input"][2, 0, 0, 0, 0, 0] = np.nan
        self.assert_refused(run(2, *command), "train.h5", "sample 2")
        self.assertEqual(digest(self.path("new/folder/predictions.h5")), before)

    def test_checkpoint_that_is_something_else(self):
        self.assert_refused(run(2, TESSERA, "evaluate", "--checkpoint", self.data, "--test", self.data), "train.h5",
                            "checkpoint")

    def test_reference_file_without_its_keys(self):
        self.assert_refused(run(2, TESSERA, "verify", self.data), "train.h5", "batch")

    def test_full_disk_while_a_checkpoint_is_written(self):
        # Large enough that half of it is more than the launcher's own files.
        code, text, _ = self.train("--width", "32", "--blocks", "4", "--modes", "4,3,3,3")
        self.assertEqual(code, 0, text)
        checkpoint = self.path("run/checkpoint.h5")
        before = digest(checkpoint)
        outcome = self.train("--resume", "--epochs", "2", file_size_limit=os.path.getsize(checkpoint) // 2)
        self.assert_refused(outcome, "checkpoint.h5", "needs")
        self.assertEqual(digest(checkpoint), before)
        self.assertEqual(sorted(os.listdir(self.path("run"))),
                         ["best.h5", "checkpoint.h5", "config.toml", "history.csv", "run.log"])

    def test_a_new_run_keeps_an_earlier_one(self):
        self.assertEqual(self.train()[0], 0)
        before = digest(self.path("run/best.h5"))
        code, text, _ = self.train("--seed", "2")
        self.assertEqual(code, 0, text)
        self.assertIn("previous-1", text)
        self.assertEqual(digest(self.path("run/previous-1/best.h5")), before)
        self.assertNotEqual(digest(self.path("run/best.h5")), before)

    def test_damaged_checkpoint(self):
        self.assertEqual(self.train()[0], 0)
        checkpoint = self.path("run/checkpoint.h5")
        with open(checkpoint, "r+b") as file:
            file.truncate(os.path.getsize(checkpoint) - 1000)
        self.assert_refused(self.train("--resume", "--epochs", "2"), "checkpoint.h5")

    def test_resume_without_a_checkpoint(self):
        self.assert_refused(self.train("--resume"), "checkpoint.h5")

    def test_verify_past_its_tolerance(self):
        reference = os.path.join(os.path.dirname(__file__), "..", "data", "fno2d.h5")
        spoiled = shutil.copy(reference, self.path("spoiled.h5"))
        with h5py.File(spoiled, "r+") as file:
            file["gradient/project1/weight"][0, 0] += 1e-3
        code, text, _ = run(2, TESSERA, "verify", spoiled)
        self.assertEqual(code, 1, text)
        self.assertIn('"passed": false', text)
        self.assertEqual(run(2, TESSERA, "verify", reference)[0], 0)

    def test_one_rank_throws(self):
        outcome = run(3, THROWING, "1")
        self.assert_refused(outcome, "rank 1: ArgumentError: something is wrong here")

    def test_all_ranks_throw(self):
        self.assert_refused(run(3, THROWING, "all"), "ArgumentError: something is wrong here")


if __name__ == "__main__":
    os.makedirs(SCRATCH, exist_ok=True)
    unittest.main(argv=sys.argv[:1], verbosity=2)
