#!/usr/bin/env python3
"""Kills processes that fill one data set, again and again: no chunk is ever torn, no sample that is marked is wrong, and
in the end the set is completed.

Usage: kill_writers.py <fill_samples> <tessera> [kills]
"""
import os
import random
import subprocess
import sys
import tempfile
import time

FILL, TESSERA = sys.argv[1:3]
KILLS = int(sys.argv[3]) if len(sys.argv) > 3 else 60
WRITERS = 3
SEED = int.from_bytes(os.urandom(4), "little")
print("seed", SEED)
random.seed(SEED)


def fill(path):
    # Several may write the same sample: its values are the same, and so are its chunks.
    return subprocess.Popen([FILL, "fill", path, str(random.randrange(1 << 31))])


def run(*arguments):
    return subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def complete(path):
    """Lets writers finish the set, and looks into it."""
    writers = [fill(path) for _ in range(WRITERS)]
    assert all(writer.wait() == 0 for writer in writers)
    run(FILL, "finish", path)
    run(FILL, "verify", path)
    run(TESSERA, "data", "check", path)
    leftovers = [name for _, _, names in os.walk(path) for name in names if name.endswith(".partial")]
    assert not leftovers, leftovers


with tempfile.TemporaryDirectory() as directory:
    killed, sets = 0, 0
    while killed < KILLS:
        sets += 1
        path = f"{directory}/{sets}.zarr"
        run(FILL, "create", path)
        unfinished = True
        while unfinished and killed < KILLS:
            writers = [fill(path) for _ in range(WRITERS)]
            time.sleep(random.uniform(0.005, 0.06))
            for writer in writers:
                writer.kill()
            ends = [writer.wait() for writer in writers]
            killed += sum(end != 0 for end in ends)
            unfinished = any(end != 0 for end in ends)
            run(FILL, "verify", path)
        complete(path)
    print(killed, "writers killed at work on", sets, "sets, which were completed")
