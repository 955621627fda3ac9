"""tessera generate and tessera batch as users meet them: generate_test.py TESSERA MPIRUN FOLDER"""

import os
import shutil
import signal
import subprocess
import sys
import time

import h5py
import numpy as np

TESSERA, MPIRUN, FOLDER = sys.argv[1:4]
FLOW = ["--grid", "8,6,5", "--steps", "2", "--spin-up", "0.1", "--interval", "0.1"]
SAMPLES = ["--train-samples", "3", "--valid-samples", "1", "--test-samples", "1"]


def run(*words, ranks=1, code=0):
    launcher = [MPIRUN, "-n", str(ranks)] if ranks > 1 else []
    result = subprocess.run([*launcher, TESSERA, *words], capture_output=True, text=True, cwd=FOLDER, timeout=120)
    assert result.returncode == code, f"{words}: exit code {result.returncode}\n{result.stdout}{result.stderr}"
    return result.stdout + result.stderr


def expect(text, *parts):
    for part in parts:
        assert part in text, f"expected '{part}' in:\n{text}"


def arrays(name):
    with h5py.File(os.path.join(FOLDER, name)) as file:
        return file["input"][...], file["output"][...]


def results_times(folder):
    tasks = os.path.join(FOLDER, folder, "batch", "tasks")
    return {name: os.stat(os.path.join(tasks, name, "result")).st_mtime_ns for name in sorted(os.listdir(tasks))}


def engines_make_the_same_data():
    expect(run("generate", "navier-stokes", "--output", "local", *FLOW, *SAMPLES), "Next: tessera train")
    run("generate", "navier-stokes", "--output", "mpi", *FLOW, *SAMPLES, ranks=2)
    run("generate", "navier-stokes", "--output", "shared", *FLOW, *SAMPLES, "--ranks-per-sample", "2", ranks=2)
    run("generate", "navier-stokes", "--output", "zarr", "--format", "zarr", *FLOW, *SAMPLES)
    run("data", "check", "zarr/train.zarr")
    run("data", "convert", "zarr/train.zarr", "zarr/train.h5")
    sphere, wake = arrays("local/train.h5")
    assert sphere.shape == (3, 1, 8, 6, 5, 1) and wake.shape == (3, 1, 8, 6, 5, 2) and wake.max() > 0
    for other in ("mpi", "shared", "zarr"):
        other_sphere, other_wake = arrays(f"{other}/train.h5")
        assert (other_sphere == sphere).all() and np.abs(other_wake - wake).max() < 1e-5, other
    assert not os.path.exists(os.path.join(FOLDER, "local", "batch", "sets", "train.zarr"))


def the_same_command_does_only_what_is_missing():
    before = results_times("zarr")
    run("generate", "navier-stokes", "--output", "zarr", "--format", "zarr", *FLOW, *SAMPLES)
    assert results_times("zarr") == before
    shutil.rmtree(os.path.join(FOLDER, "zarr", "valid.zarr"))
    run("generate", "navier-stokes", "--output", "zarr", "--format", "zarr", *FLOW, *SAMPLES)
    after = results_times("zarr")
    assert [name for name in after if after[name] != before[name]] == ["000003"]
    expect(run("data", "info", "zarr/valid.zarr"), "complete   yes")
    expect(run("generate", "navier-stokes", "--output", "zarr", "--format", "zarr", *FLOW, *SAMPLES, "--seed", "5", code=1),
           "holds a batch of other tasks or parameters")
    # How samples are run is no part of what they are.
    run("generate", "navier-stokes", "--output", "zarr", "--format", "zarr", *FLOW, *SAMPLES, "--retries", "0", ranks=2)


def an_interrupted_run_goes_on():
    words = [TESSERA, "generate", "navier-stokes", "--output", "stopped", "--format", "zarr", *FLOW,
             "--train-samples", "12", "--valid-samples", "0", "--test-samples", "0"]
    driver = subprocess.Popen(words, cwd=FOLDER, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    tasks = os.path.join(FOLDER, "stopped", "batch", "tasks")
    deadline = time.time() + 60
    while time.time() < deadline and not (os.path.isdir(tasks) and os.listdir(tasks)):
        time.sleep(0.01)
    driver.send_signal(signal.SIGINT)
    driver.wait()
    done = set(name for name in os.listdir(tasks) if os.path.exists(os.path.join(tasks, name, "result")))
    assert len(done) < 12, "the run was not interrupted in time"
    expect(run("generate", "navier-stokes", *words[3:]), "Data sets written")
    expect(run("batch", "status", "stopped/batch"), "12 tasks: 12 done, 0 failed, 0 running, 0 waiting", "driver: none")


def failures_are_told():
    text = run("generate", "navier-stokes", "--output", "bad", *FLOW, *SAMPLES, "--inflow", "1e200", "--retries", "1", code=1)
    expect(text, "5 of 5 samples failed", "sample 0: NumericError", "logs are in bad/batch/tasks")
    expect(run("batch", "status", "bad/batch"), "0 done, 5 failed", "task 0: NumericError", "tessera batch resume bad/batch")
    run("batch", "resume", "bad/batch", code=1)
    expect(run("batch", "report", "bad/batch"), "0 of 5 tasks done, 5 failed")
    expect(run("generate", "navier-stokes", "--output", "none", *FLOW, "--train-samples", "0", "--valid-samples", "0",
               "--test-samples", "0", code=2), "at least one sample")


def costs_are_told():
    with open(os.path.join(FOLDER, "prices.toml"), "w") as prices:
        prices.write("[machine]\non_demand = 0.5\nspot = 0.1\ncores = 4\n"
                     "[training]\ntraining_hours = 2.0\ntraining_price = 3.0\n")
    text = run("batch", "report", "zarr/batch", "prices.toml")
    expect(text, "5 of 5 tasks done, 0 failed", "wall time:", "peak memory:", "hours of 4 cores", "training:     $6.00",
           "the surrogate has paid for itself after")
    expect(run("batch", "status", "nowhere", code=1), "expected the folder of a batch")
    expect(run("batch", "cancel", "zarr/batch"), "Cancelled")
    expect(run("batch", "resume", "zarr/batch"), "5 done, 0 failed")


def co2_flow_is_simulated():
    words = ["generate", "co2-flow", "--grid", "8,8,4", "--steps", "2", "--margin", "2", "--position-input", "true", *SAMPLES]
    if shutil.which("flow") is None:
        print("skipped: no flow program")
        expect(run(*words, "--max-wells", "1", "--output", "co2", code=2), "Install OPM flow")
        return
    run(*words, "--max-wells", "1", "--output", "co2")
    run("data", "convert", "co2/train.zarr", "co2/train.h5")
    wells, saturation = arrays("co2/train.h5")
    assert wells.shape == (3, 5, 8, 8, 4, 1) and saturation.shape == (3, 1, 8, 8, 4, 2)
    assert saturation.min() >= 0 and (saturation.sum(axis=(1, 2, 3, 4))[:, 1] > saturation.sum(axis=(1, 2, 3, 4))[:, 0]).all()
    # Working files of samples that are there are gone.
    assert os.listdir(os.path.join(FOLDER, "co2", "batch", "tasks", "000000")).count("scratch-1") == 0
    assert (wells[:, 4, 0, 0, :, 0] == [0.125, 0.375, 0.625, 0.875]).all(), "places along z"
    expect(run("data", "info", "co2/train.zarr"), "x, y, depth, t", "m, m, m, days", "50, 50, 1005, 365")
    expect(run(*words, "--output", "co3", "--max-wells", "5", code=2), "max_wells must be at most 4")
    assert not os.path.exists(os.path.join(FOLDER, "co3"))
    expect(run(*words, "--output", "co3", "--flow-program", "no-such-flow", code=2), "no program 'no-such-flow'")


shutil.rmtree(FOLDER, ignore_errors=True)
os.makedirs(FOLDER)
for check in (engines_make_the_same_data, the_same_command_does_only_what_is_missing, an_interrupted_run_goes_on,
              failures_are_told, costs_are_told, co2_flow_is_simulated):
    started = time.time()
    check()
    print(f"{check.__name__}: {time.time() - started:.1f} s")
