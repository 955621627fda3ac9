#!/usr/bin/env python3
"""with_slurm.py PROGRAM [ARGUMENT...]: runs a program beside a Slurm cluster of two nodes on this machine.

The daemons (munged, slurmctld, two slurmd) live in a temporary folder and on free ports; SLURM_CONF in the program's
environment names their configuration, TESSERA_TEST_SLURM the folder, where n1.pid and n2.pid are the nodes' processes.

Nothing is left over, however this ends. Everything runs below a guard, a process to which its orphaned descendants are
given (PR_SET_CHILD_SUBREAPER), and which ends them all when the program has ended, or this process has: then the pipe
between the two closes. Without Slurm's packages, or rights, it says "skipped: no Slurm" and succeeds.
"""
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

PR_SET_CHILD_SUBREAPER = 36
TOOLS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol", "scancel", "sinfo")

CONFIGURATION = """\
ClusterName=tessera
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/jobs.txt
RequeueExit=75
KillWait=5
MaxArraySize={largest_array}
ReturnToService=2
MpiDefault=none
TmpFS={folder}/%n
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=2
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=2
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=60 State=UP
"""


def missing():
    """Why there can be no cluster here; empty when there can."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    absent = [tool for tool in TOOLS if shutil.which(tool) is None]
    if absent:
        return "these programs of packages slurm-wlm and munge are missing: " + " ".join(absent)
    return "" if os.geteuid() == 0 else "its daemons need root"


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_until(condition, what, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("timed out: " + what)
        time.sleep(0.02)


def start_cluster(folder):
    for name in ("state", "n1", "n2"):
        os.mkdir(f"{folder}/{name}")
    with open(f"{folder}/key", "wb") as key:
        os.fchmod(key.fileno(), 0o400)
        key.write(os.urandom(128))
    configuration = f"{folder}/slurm.conf"
    with open(configuration, "w", encoding="ascii") as file:
        file.write(CONFIGURATION.format(folder=folder, host=socket.gethostname().split(".")[0], ports=free_ports(3),
                                        largest_array=os.environ.get("TESSERA_TEST_LARGEST_ARRAY", "5")))
    os.environ["SLURM_CONF"] = configuration
    os.environ["TESSERA_TEST_SLURM"] = folder

    def daemon(*words):
        with open(f"{folder}/{words[0]}.out", "ab") as log:
            # pylint: disable=consider-using-with
            subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    daemon("munged", "--force", "--foreground", f"--key-file={folder}/key", f"--socket={folder}/munge.socket",
           f"--pid-file={folder}/munged.pid", f"--seed-file={folder}/seed", f"--log-file={folder}/munged.log")
    wait_until(lambda: os.path.exists(f"{folder}/munge.socket"), "munged")
    daemon("slurmctld", "-D")
    for node in ("n1", "n2"):
        daemon("slurmd", "-D", "-N", node)

    def all_idle():
        states = subprocess.run(["sinfo", "--noheader", "--Node", "--format=%t"], capture_output=True, check=False)
        return states.stdout.split() == [b"idle", b"idle"]

    wait_until(all_idle, "the nodes are not idle: " + folder)


def descendants():
    """Processes below this one."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    parents[int(entry)] = int(file.read().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                pass
    found = {os.getpid()}
    grown = True
    while grown:
        more = {process for process, parent in parents.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return found - {os.getpid()}


def end_descendants():
    """Those of an ended process become this one's children, so that in the end there are none."""
    while processes := descendants():
        for process in processes:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        while True:
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    break
            except ChildProcessError:
                break
        time.sleep(0.01)


def guard(words, alive):
    """Brings up the cluster, runs the program, ends everything; `alive` is closed when nobody waits for it."""
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    folder = tempfile.mkdtemp(prefix="tessera-slurm.")

    def clean_up():
        end_descendants()
        shutil.rmtree(folder, ignore_errors=True)

    def watch():
        os.read(alive, 1)
        clean_up()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    code = 1
    try:
        start_cluster(folder)
        code = subprocess.run(words, check=False).returncode
        if code != 0 and "TESSERA_TEST_KEEP" in os.environ:
            shutil.copytree(folder, os.environ["TESSERA_TEST_KEEP"], dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns("*.socket*"))
    finally:
        clean_up()
    return code if code >= 0 else 128 - code


def main():
    if why := missing():
        print("skipped: no Slurm:", why)
        return 0
    alive, ours = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        code = 1
        try:
            code = guard(sys.argv[1:], alive)
        except RuntimeError as error:
            print("with_slurm.py:", error, file=sys.stderr)
        finally:
            os._exit(code)
    os.close(alive)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os.write(ours, b"x"))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
