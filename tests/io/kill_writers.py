#!/usr/bin/env python3
"""Kills processes that fill one data set, again and again: no chunk is ever torn, no sample that is marked is wrong, and
in the end the set is completed.

Usage: kill_writers.py <fill_samples> <tessera> [rounds]
"""
import os
import random
import subprocess
import sys
import tempfile
import time

FILL, TESSERA = sys.argv[1:3]
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 25
WRITERS = 3
SEED = int.from_bytes(os.urandom(4), "little")
print("seed", SEED)
random.seed(SEED)


def fill(path):
    # Several may write the same sample: its values are the same, and so are its chunks.
    return subprocess.Popen([FILL, "fill", path, str(random.randrange(1 << 31))])


def run(*arguments):
    return subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


with tempfile.TemporaryDirectory() as directory:
    path = f"{directory}/train.zarr"
    run(FILL, "create", path)
    killed, seen = 0, "nothing"
    for _ in range(ROUNDS):
        writers = [fill(path) for _ in range(WRITERS)]
        time.sleep(random.uniform(0.005, 0.06))
        for writer in writers:
            writer.kill()
        killed += sum(writer.wait() != 0 for writer in writers)
        seen = run(FILL, "verify", path)
    print(killed, "of", ROUNDS * WRITERS, "writers killed at work;", seen)
    writers = [fill(path) for _ in range(WRITERS)]
    assert all(writer.wait() == 0 for writer in writers)
    run(FILL, "finish", path)
    print(run(FILL, "verify", path))
    print(run(TESSERA, "data", "check", path))
    leftovers = [name for _, _, names in os.walk(path) for name in names if name.endswith(".partial")]
    assert not leftovers, leftovers
