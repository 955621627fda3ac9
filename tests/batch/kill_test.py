"""Kills processes of a batch at random moments: kill_test.py PROGRAM TESSERA FOLDER [KILLS]

A batch of tasks is driven again and again while the driver, the host of its tasks, or a task is killed (SIGKILL), until
so many kills have been done; then it runs to its end. No result that was there may be lost, changed or made again, no
sample may be wrong, no process may stay behind, and in the end the set is complete.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time

TASKS = 150
MILLISECONDS = 30


def descendants(root):
    children = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as stat:
                parent = int(stat.read().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        children.setdefault(parent, []).append(int(name))
    found, queue = [], [root]
    while queue:
        process = queue.pop()
        found.append(process)
        queue.extend(children.get(process, []))
    return found


def results(folder):
    """What is done, as far as its first line says so, and when it was written."""
    done = {}
    tasks = os.path.join(folder, "tasks")
    for name in os.listdir(tasks) if os.path.isdir(tasks) else []:
        try:
            path = os.path.join(tasks, name, "result")
            done[int(name)] = (os.stat(path).st_mtime_ns, open(path, "rb").read())
        except FileNotFoundError:
            pass
    return done


def executions(folder):
    try:
        with open(os.path.join(folder, "executed")) as log:
            return [int(line) for line in log.read().split()]
    except FileNotFoundError:
        return []


def runs(process, program):
    """Whether it is one of the program's, and not one that MPI has started for it."""
    try:
        with open(f"/proc/{process}/cmdline", "rb") as words:
            return words.read().split(b"\0")[0] == program.encode()
    except OSError:
        return False


def left_behind(program):
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and runs(name, program)]


def start(command, errors):
    """The driver, once it works on its batch: before that, MPI starts up."""
    driver = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=open(errors, "w"))
    while driver.poll() is None and sum(runs(process, command[0]) for process in descendants(driver.pid)) < 2:
        time.sleep(0.01)
    return driver


def describe(process):
    try:
        with open(f"/proc/{process}/status") as status, open(f"/proc/{process}/wchan") as channel:
            lines = [line.strip() for line in status if line.startswith(("State", "PPid"))]
            return f"process {process} ({', '.join(lines)}, in {channel.read()})"
    except OSError:
        return f"process {process} (just ended)"


def main():
    program, tessera, folder = os.path.realpath(sys.argv[1]), *sys.argv[2:4]
    kills_wanted = int(sys.argv[4]) if len(sys.argv) > 4 else 100
    shutil.rmtree(folder, ignore_errors=True)
    command = [program, folder, str(TASKS), str(MILLISECONDS)]
    seed = int.from_bytes(os.urandom(4), "little")
    random.seed(seed)
    print(f"seed {seed}")
    kills = {"driver": 0, "worker": 0}
    errors = folder.rstrip("/") + ".errors"
    while sum(kills.values()) < kills_wanted:
        if len(results(folder)) >= TASKS:
            # Used up before there were enough kills: begin anew.
            shutil.rmtree(folder)
        before = results(folder)
        driver = start(command, errors)
        time.sleep(random.uniform(0.0, 0.2))
        while driver.poll() is None and sum(kills.values()) < kills_wanted:
            alive = [process for process in descendants(driver.pid) if runs(process, program)]
            if not alive:
                break
            victim = random.choice(alive)
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                continue
            kills["driver" if victim == driver.pid else "worker"] += 1
            if victim == driver.pid:
                break
            time.sleep(random.uniform(0.0, 0.1))
        code = driver.wait()
        assert code in (0, -signal.SIGKILL), f"exit code {code}: {open(errors).read()}"
        after = results(folder)
        for task, result in before.items():
            assert after.get(task) == result, f"the result of task {task} was lost or made again"
        deadline = time.time() + 10
        while left_behind(program) and time.time() < deadline:
            time.sleep(0.05)
        assert not left_behind(program), "stayed behind: " + "; ".join(map(describe, left_behind(program)))
    assert kills["driver"] > 0 and kills["worker"] > 0, kills

    done = results(folder)
    count = len(executions(folder))
    final = subprocess.run(command, capture_output=True, text=True)
    assert final.returncode == 0 and final.stdout == f"{TASKS} right\n", final.stdout + final.stderr
    assert not set(executions(folder)[count:]) & set(done), "a finished task was run again"
    status = subprocess.run([tessera, "batch", "status", folder], capture_output=True, text=True, check=True).stdout
    assert f"{TASKS} tasks: {TASKS} done, 0 failed, 0 running, 0 waiting" in status, status
    leftovers = [name for name in os.listdir(os.path.join(folder, "tasks", "000000")) if name.startswith("result.")]
    print(f"{kills['driver']} drivers and {kills['worker']} workers killed; {TASKS} samples complete, "
          f"{len(leftovers)} temporaries of task 0 left")


if __name__ == "__main__":
    main()
