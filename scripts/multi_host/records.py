#!/usr/bin/env python3
"""What multi_host_test.sh does with JSON.

    records.py network PROBE.json ...   checks what network_probe measured and writes it as a description of the network
    records.py add RECORDS.json ...     adds a program's records, each with its network and schedule, to a file
    records.py table ALL.json           prints the medians over all rounds
"""

import argparse
import json
import os
import statistics
import sys

# A token bucket passes its rate and one bucket more; below half of it this machine's cores set the pace.
MOST_OF_RATE = 1.05
LEAST_OF_RATE = 0.5


def load(path):
    with open(path) as file:
        return json.load(file)


def save(path, content):
    with open(path, "w") as file:
        json.dump(content, file, indent=2)
        file.write("\n")


def network(args):
    probe = load(args.probe)
    names = probe["processor_names"]
    wanted = [f"host{1 + rank // args.ranks_per_host}" for rank in range(args.hosts * args.ranks_per_host)]
    print(f"MPI processor names: {' '.join(names)}")
    if names != wanted:
        sys.exit(f"expected the processor names {' '.join(wanted)}: the ranks are not where they should be")
    rate = args.bits / 8
    share = f" ({100 * probe['one_way_bytes_per_s'] / rate:.0f}% of the rate)" if rate else ""
    print(f"Measured over MPI: {8e-6 * probe['one_way_bytes_per_s']:.0f} Mbit/s one way{share}, "
          f"{8e-6 * probe['all_at_once_bytes_per_s']:.0f} Mbit/s out of every rank at once, "
          f"a message of one byte {1e6 * probe['latency_s']:.0f} us")
    for key in ("one_way_bytes_per_s", "all_at_once_bytes_per_s"):
        if rate and probe[key] > MOST_OF_RATE * rate:
            sys.exit(f"{key} {probe[key]:.4g} exceeds the rate {rate:.4g}: the links are not limited")
    if rate and probe["one_way_bytes_per_s"] < LEAST_OF_RATE * rate:
        print("Note: the machine is too slow, or too busy, for links of this rate.")
    save(args.out, {"hosts": args.hosts, "ranks_per_host": args.ranks_per_host, "rate": args.rate,
                    "rate_bytes_per_s": rate or None, **{key: probe[key] for key in probe if key.endswith("_s")}})


def add(args):
    records = load(args.records)
    if os.path.exists(args.all):
        everything = load(args.all)
    else:
        everything = []
    description = load(args.network)
    for record in records:
        if "error" in record:
            sys.exit(f"{record['name']}: {record['error']}")
        if "," not in args.schedule:
            record.setdefault("schedule", args.schedule)
        everything.append({**record, "network": description})
    save(args.all, everything)


def table(args):
    """Repeats of all rounds count alike."""
    rows = {}
    for record in load(args.all):
        row = rows.setdefault((record["network"]["rate"], record["name"], record.get("schedule", "-")), {"times": []})
        row["times"] += record["times_s"]
        row["sent"] = record["bytes_sent"]
    width = 2 + max(len(name) for _, name, _ in rows)
    print(f"{'rate':<12}{'case':<{width}}{'schedule':<12}{'median':>9}{'least..most':>20}{'busiest rank sends':>20}")
    for (rate, name, schedule), row in rows.items():
        span = f"{min(row['times']):.3f}..{max(row['times']):.3f} s"
        print(f"{rate:<12}{name:<{width}}{schedule:<12}{statistics.median(row['times']):>7.3f} s{span:>20}"
              f"{row['sent'] / 2**20:>16.2f} MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("network")
    command.set_defaults(run=network)
    command.add_argument("probe")
    command.add_argument("--hosts", type=int, required=True)
    command.add_argument("--ranks-per-host", type=int, required=True)
    command.add_argument("--rate", required=True)
    command.add_argument("--bits", type=float, required=True, help="bits per second; 0: not limited")
    command.add_argument("--out", required=True)
    command = commands.add_parser("add")
    command.set_defaults(run=add)
    command.add_argument("records")
    command.add_argument("--network", required=True)
    command.add_argument("--schedule", required=True, help="given to the program; one, or several with commas")
    command.add_argument("--all", required=True)
    command = commands.add_parser("table")
    command.set_defaults(run=table)
    command.add_argument("all")
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
