#!/usr/bin/env python3
"""How long training steps wait for their samples: from HDF5, from Zarr, and from Zarr on an HTTP server that answers
late, without a cache, with an empty one and with a full one. Prints, for every way, input_seconds / seconds of the
epochs' lines in history.csv.

  python3 benchmarks/input_wait.py --tessera build/release/bin/tessera --settings examples/quickstart.toml

Makes the data of the settings once, in the folder of --work. Nothing but Python's own library is needed."""
import argparse
import csv
import functools
import http.server
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time


class LateHandler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        time.sleep(self.server.latency)
        super().do_GET()

    def log_message(self, *_):
        pass


def serve(folder, latency):
    handler = functools.partial(LateHandler, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.latency = latency
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def run(command, folder):
    result = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, env={**os.environ, "no_proxy": "*"})
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{result.stdout}")


def forget_file_cache():
    """Whether the operating system could be told to read files from the disk again."""
    subprocess.run(["sync"], check=True)
    try:
        with open("/proc/sys/vm/drop_caches", "w") as file:
            file.write("1\n")
        return True
    except OSError:
        return False


class Runs:
    def __init__(self, options):
        self.options = options
        self.tessera = os.path.abspath(options.tessera)
        self.settings = os.path.abspath(options.settings)
        self.work = os.path.abspath(options.work)

    def command(self, name, *arguments, ranks):
        return [*self.options.mpirun.split(), "-n", str(ranks), self.tessera, name, *arguments]

    def make_data(self):
        os.makedirs(self.work, exist_ok=True)
        if not os.path.isdir(os.path.join(self.work, "data/train.zarr")):
            run([self.tessera, "generate", "navier-stokes", self.settings, "--output", "data", "--format", "zarr"],
                self.work)
        if not os.path.isfile(os.path.join(self.work, "data/train.h5")):
            run([self.tessera, "data", "convert", "data/train.zarr", "data/train.h5"], self.work)

    def train(self, data, *extra):
        """(seconds, input_seconds) of every epoch."""
        shutil.rmtree(os.path.join(self.work, "run"), ignore_errors=True)
        run(self.command("train", self.settings, "--train", data, "--valid", "", "--epochs", str(self.options.epochs),
                         "--output", "run", *extra, ranks=self.options.ranks), self.work)
        with open(os.path.join(self.work, "run/history.csv")) as file:
            return [(float(row["seconds"]), float(row["input_seconds"])) for row in csv.DictReader(file)]

    def empty_cache(self):
        shutil.rmtree(os.path.join(self.work, "cache"), ignore_errors=True)


def ways(runs, url):
    """Name, preparation, data set and further arguments; None for one that this machine does not let us measure."""
    cache = ("--cache", "cache")
    yield "HDF5", lambda: True, "data/train.h5", ()
    yield "Zarr", lambda: True, "data/train.zarr", ()
    yield "Zarr, not in the file cache", forget_file_cache, "data/train.zarr", ()
    yield "Zarr by HTTP", lambda: True, url, ()
    # Fitting normalisers would fill the cache before the first step.
    yield "Zarr by HTTP, cache empty", lambda: runs.empty_cache() or True, url, (*cache, "--normalise", "none")
    yield "Zarr by HTTP, cache full", lambda: True, url, cache
    yield "the same, not in the file cache", forget_file_cache, url, cache


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tessera", required=True, help="the program")
    parser.add_argument("--settings", required=True, help="TOML file of a run on Navier-Stokes data")
    parser.add_argument("--work", default="input-wait", help="folder for data, caches and runs")
    parser.add_argument("--mpirun", default="mpirun", help="how ranks are started; -n RANKS goes behind it")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=3, help="of every run")
    parser.add_argument("--repeats", type=int, default=3, help="runs of every way, in turns")
    parser.add_argument("--latency", type=float, default=20.0, help="milliseconds before the server's answers")
    options = parser.parse_args()
    runs = Runs(options)
    runs.make_data()
    server = serve(os.path.join(runs.work, "data"), options.latency / 1000)
    url = f"http://127.0.0.1:{server.server_port}/train.zarr"
    shares, first, seconds = {}, {}, {}
    for repeat in range(options.repeats):
        for name, prepare, data, extra in ways(runs, url):
            print(f"run {repeat + 1} of {options.repeats}: {name}", file=sys.stderr)
            if not prepare():
                continue
            epochs = runs.train(data, *extra)
            seconds.setdefault(name, []).extend(second for second, _ in epochs)
            shares.setdefault(name, []).append(sum(wait for _, wait in epochs) / sum(second for second, _ in epochs))
            first.setdefault(name, []).append(epochs[0][1] / epochs[0][0])
    print(f"{options.ranks} ranks, {options.epochs} epochs a run, {options.repeats} runs in turns, server answers after "
          f"{options.latency:g} ms; median (least to most) over the runs")
    print(f"{'':34}{'epoch':>9}   {'waited, all epochs':<28}{'waited, first epoch'}")
    for name, values in shares.items():
        cells = [f"{100 * statistics.median(v):.2f} % ({100 * min(v):.2f} to {100 * max(v):.2f})"
                 for v in (values, first[name])]
        print(f"{name:<34}{statistics.median(seconds[name]):>7.2f} s   {cells[0]:<28}{cells[1]}")


if __name__ == "__main__":
    main()
