#!/usr/bin/env python3
"""Projects weak and strong scaling to many ranks from measured one-rank times. A model, not a measurement.

    python3 benchmarks/projection.py --out pictures gradient.json scaling.json

    T(P) = sharing * (a points + b modes) + sum over kinds of link (messages * latency + bytes / bandwidth)

points, modes   of the busiest rank, from the partition `tessera plan` chooses for P ranks and the schedule
a, b            seconds per grid point and per kept mode (mixing the channels), from the one-rank records: fitted where
                there are several with different shares of modes, otherwise b is --mixing-gflops
messages, bytes of the busiest rank, as `tessera plan --json` counts them; they are taken to go evenly to all other
                ranks, one after the other, so that messages under way at once count as if they were not. Broadcasts
                and sums of the shared weights, down and up a tree, come on top.
latency, ...    see networks.json; the ranks of a node share its links, the switches are taken to hold no one up

Not modelled: ranks of a node sharing its memory bandwidth (unless by the factor --sharing), imbalance other than of
points and modes, overlap of communication and computation, input and output.

Records with more than one rank are predicted as well, on the network they carry (those of multi_host_test.sh) or
--measured-network, and compared; where they are of program scaling, with the computation's time as their own run has
it. Writes weak.png, strong.png, checks.png and projection.json. Needs numpy and matplotlib.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import projection_figures

HERE = os.path.dirname(os.path.abspath(__file__))


def numbers(text):
    return [int(entry) for entry in text.split(",")]


def words(text):
    return [word for word in text.split(",") if word]


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", help="JSON files of records of the programs gradient or scaling")
    parser.add_argument("--out", default=".", help="folder for the pictures and projection.json")
    parser.add_argument("--tessera", default=os.path.join(HERE, "..", "build", "ci", "bin", "tessera"))
    parser.add_argument("--pass", dest="kind", choices=("gradient", "forward"), default="gradient",
                        help="of a gradient, or of a forward pass alone (records with that word in their names)")
    parser.add_argument("--activations", default="all", help="of the records that have the field")
    parser.add_argument("--in-steps", type=int, default=1, help="time steps of the models' input")
    parser.add_argument("--most-ranks", type=int, default=4096)
    parser.add_argument("--schedules", type=words, default=["automatic", "grady", "witte"])
    parser.add_argument("--networks", type=words, default=[], help="keys of the networks' file (default: all)")
    parser.add_argument("--network-file", default=os.path.join(HERE, "networks.json"))
    parser.add_argument("--measured-network", default="shared_memory", help="of records that name none")
    parser.add_argument("--growth", choices=("balanced", "first"), default="balanced",
                        help="weak scaling doubles the space axes in turn, or the first one only")
    parser.add_argument("--modes", choices=("grow", "fixed"), default="grow",
                        help="kept modes of grids larger than measured: the same share of every axis, or as many")
    parser.add_argument("--strong-grid", type=numbers, help="default: 8 times the measured one on every space axis")
    parser.add_argument("--mixing-gflops", type=float, default=5.0, help="assumed, where b cannot be fitted")
    parser.add_argument("--sharing", type=float, default=1.0,
                        help="how many times longer ranks compute where several share a node's memory")
    parser.add_argument("--speed", type=float, default=1.0, help="ranks that compute so many times as fast as measured")
    return parser.parse_args()


def fail(message):
    sys.exit(f"projection.py: {message}")


def kind_of(record):
    return record.get("pass") or ("forward" if "forward" in record["name"] else "gradient")


def load_records(args):
    """Records of the wanted pass: (of one rank's computation, of several ranks with domain decomposition). Those of
    program scaling are one rank's where they are called so, and get the time of the first of their run, the computation
    without communication, as "alone_s"; their grid becomes that of all ranks together."""
    records = []
    for path in args.files:
        try:
            with open(path) as file:
                records += json.load(file)
        except (OSError, ValueError) as error:
            fail(f"{path}: {error}")
    single, several, alone = [], [], {}
    for record in records:
        contender = record["name"].rsplit("/", 1)[-1]
        same = record.get("activations", args.activations) == args.activations and kind_of(record) == args.kind
        if not same or "median_s" not in record or "grid" not in record or contender in ("data", "pipeline", "dfno"):
            continue
        run = (record.get("started"), record["name"].rsplit("/", 1)[0], str(record.get("network")))
        if contender in ("one rank", "independent ranks"):
            alone[run] = record["median_s"]
            if contender == "one rank" or record["ranks"] == 1:
                single.append(record)
        elif contender.startswith("domain"):
            if record["ranks"] > 1:
                weak = record["scaling"] == "weak"
                grid = [n * p for n, p in zip(record["grid"], record["partition"][2:])] if weak else record["grid"]
                several.append({**record, "own_grid": record["grid"], "grid": grid, "alone_s": alone.get(run)})
        else:
            (single if record["ranks"] == 1 else several).append(record)
    single = [record for record in single if record["ranks"] == 1] or single
    if not single:
        fail(f"no record of a {args.kind} on one rank, which gives the time of the computation")
    return single, several


def kept_modes(modes):
    """The last axis keeps modes m, the others 2 m."""
    return math.prod(modes) * 2 ** (len(modes) - 1)


def same_model(record, other):
    return all(record.get(key) == other.get(key) for key in ("width", "blocks", "hidden", "batch"))


class Compute:
    """Seconds a rank computes: a points + b modes."""

    def __init__(self, records, args):
        import numpy

        passes = 3 if args.kind == "gradient" else 1
        first = records[0]
        alike = [record for record in records if same_model(record, first)]
        rows = [[record.get("batch", 1) * math.prod(record["grid"]), kept_modes(record["modes"])] for record in alike]
        times = [record["median_s"] for record in alike]
        flops = passes * first["blocks"] * 8 * first["width"] ** 2 * first.get("batch", 1)
        self.per_mode = flops / (1e9 * args.mixing_gflops)
        self.fitted = False
        if len({points / modes for points, modes in rows}) > 1:
            weighted = numpy.array(rows) / numpy.array(times)[:, None]
            (per_point, per_mode), *_ = numpy.linalg.lstsq(weighted, numpy.ones(len(times)), rcond=None)
            self.fitted = bool(per_point > 0 and per_mode >= 0)
        if self.fitted:
            self.per_point, self.per_mode = float(per_point), float(per_mode)
        else:
            self.per_point = statistics.median((t - self.per_mode * m) / p for t, (p, m) in zip(times, rows))
        self.per_point /= args.speed
        self.per_mode /= args.speed
        if self.per_point <= 0:
            fail("the mixing of modes would take longer than was measured in all; is --mixing-gflops too small?")

    def seconds(self, points, modes):
        return self.per_point * points + self.per_mode * modes


class Planner:
    """What `tessera plan` says of a configuration."""

    def __init__(self, args, model):
        self.args, self.model = args, model

    def plan(self, ranks, grid, modes, schedule, partition=None):
        """None where the schedule cannot serve so many ranks."""
        listed = {"grid": grid, "modes": modes, **({"partition": partition} if partition else {})}
        command = [self.args.tessera, "plan", "--json", "--ranks", str(ranks), "--schedule", schedule,
                   "--in-steps", str(self.args.in_steps), "--batch-size", str(self.model.get("batch", 1))]
        for key in ("width", "hidden", "blocks"):
            command += [f"--{key}", str(self.model[key])]
        for key, entries in listed.items():
            command += [f"--{key}", ",".join(map(str, entries))]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            fail(f"{self.args.tessera}: {error.strerror}; name the program with --tessera")
        if done.returncode != 0:
            print(f"no plan for {ranks} ranks, schedule {schedule}: {done.stderr.strip()}", file=sys.stderr)
            return None
        return self.digest(json.loads(done.stdout))

    def digest(self, plan):
        key = "step" if self.args.kind == "gradient" else "forward"
        per_rank = plan["per_rank"]
        last = plan["steps"][-1]
        shape = [self.model.get("batch", 1), 1, *plan["grid"]]
        lifts = 2 if self.args.in_steps > 0 else 0
        return {"ranks": plan["ranks"], "grid": plan["grid"], "modes": plan["modes"], "partition": plan["partition"],
                "points": largest_tile(shape, plan["partition"]),
                "modes_of_busiest": largest_tile(last["shape_after"][2:], last["ranks_after"][2:]),
                "bytes": per_rank[f"{key}_bytes"]["most"], "messages": per_rank[f"{key}_messages"]["most"],
                "shared_bytes": per_rank["weight_copy_bytes"]["most"],
                "shared_tensors": lifts + 2 + self.model["blocks"] + 4,
                "memory_bytes": per_rank["memory_bytes"]["most"]}


def largest_tile(shape, ranks):
    return math.prod(-(-extent // parts) for extent, parts in zip(shape, ranks))


class Network:
    """Links inside a node and between nodes; `between` None where there is one node only."""

    def __init__(self, name, ranks_per_node, inside, between, links_per_node):
        self.name, self.ranks_per_node = name, ranks_per_node
        self.inside, self.between, self.links = inside, between, links_per_node

    def serves(self, ranks):
        return self.between is not None or ranks <= self.ranks_per_node

    def seconds(self, plan, passes):
        """(exchanges, broadcasts and sums of shared weights)"""
        ranks = plan["ranks"]
        if ranks == 1:
            return 0.0, 0.0
        together = min(ranks, self.ranks_per_node)
        share = (together - 1) / (ranks - 1)
        exchange = self.over(self.inside, share * plan["messages"], share * plan["bytes"], 1.0)
        depth_inside = math.ceil(math.log2(together))
        tensors, volume = passes * plan["shared_tensors"], passes * plan["shared_bytes"]
        sums = self.over(self.inside, depth_inside * tensors, depth_inside * volume, 1.0)
        if ranks > together:
            per_rank = self.links / together
            exchange += self.over(self.between, (1 - share) * plan["messages"], (1 - share) * plan["bytes"], per_rank)
            depth = math.ceil(math.log2(ranks)) - depth_inside
            sums += self.over(self.between, depth * tensors, depth * volume, self.links)
        return exchange, sums

    @staticmethod
    def over(link, messages, volume, links):
        return messages * link["latency_s"] + volume / (links * link["bandwidth_bytes_per_s"])


def load_networks(args):
    with open(args.network_file) as file:
        content = json.load(file)
    networks = {}
    for key, entry in content["networks"].items():
        between = content["links"][entry["between"]] if entry["between"] else None
        networks[key] = Network(entry["name"], entry["ranks_per_node"], content["links"][entry["inside"]], between,
                                entry["links_per_node"])
    for key in [*args.networks, args.measured_network]:
        if key not in networks:
            fail(f"{args.network_file} has no network {key}, only {', '.join(networks)}")
    return networks


def predict(plan, network, compute, args, slower=1.0):
    """Seconds of a pass in parts; `slower`: how many times longer the computation takes than `compute` says."""
    shared = args.sharing if plan["ranks"] > 1 else 1.0
    computed = shared * slower * compute.seconds(plan["points"], plan["modes_of_busiest"])
    exchange, sums = network.seconds(plan, 2 if args.kind == "gradient" else 1)
    return {"seconds": computed + exchange + sums, "compute_s": computed, "exchange_s": exchange, "sums_s": sums}


def grown(modes, grid, base, args):
    if args.modes == "fixed":
        return modes
    return [max(1, mode * extent // measured) for mode, extent, measured in zip(modes, grid, base)]


def weak_grid(base, ranks, args):
    grid = list(base)
    space = max(1, len(base) - 1) if args.growth == "balanced" else 1
    for doubling in range(int(math.log2(ranks))):
        grid[doubling % space] *= 2
    return grid


def project(args, planner, model, compute, networks):
    """Curves of both kinds of scaling, one per network and schedule."""
    counts = [2**i for i in range(int(math.log2(args.most_ranks)) + 1)]
    strong_grid = args.strong_grid or [8 * extent for extent in model["grid"][:-1]] + model["grid"][-1:]
    if len(strong_grid) != len(model["grid"]):
        fail(f"--strong-grid: expected {len(model['grid'])} entries, found {len(strong_grid)}")
    jobs = []
    for scaling in ("weak", "strong"):
        for schedule in args.schedules:
            for ranks in counts:
                grid = weak_grid(model["grid"], ranks, args) if scaling == "weak" else strong_grid
                jobs.append((scaling, schedule, ranks, grid, grown(model["modes"], grid, model["grid"], args)))
    with ThreadPoolExecutor(max_workers=2) as pool:
        plans = list(pool.map(lambda job: planner.plan(job[2], job[3], job[4], job[1]), jobs))
    curves = []
    for key in args.networks or networks:
        for scaling in ("weak", "strong"):
            for schedule in args.schedules:
                points = [{**plan, **predict(plan, networks[key], compute, args)} for job, plan in zip(jobs, plans)
                          if job[:2] == (scaling, schedule) and plan and networks[key].serves(plan["ranks"])]
                for point in points:
                    gain = points[0]["seconds"] / point["seconds"]
                    point["efficiency" if scaling == "weak" else "speed_up"] = gain
                curves.append({"scaling": scaling, "network": key, "schedule": schedule, "points": points})
    return curves


def network_of(record, networks, args):
    """Where a record was measured: a description of its own, or the network named by --measured-network."""
    measured = record.get("network")
    if not measured:
        return args.measured_network, networks[args.measured_network]
    link = {"latency_s": measured["latency_s"], "bandwidth_bytes_per_s": measured["all_at_once_bytes_per_s"]}
    per_host = measured["ranks_per_host"]
    name = f"{measured['hosts']} hosts, {measured['rate']}"
    return name, Network(name, per_host, link, link, per_host)


def slowness(record, compute):
    """What the machine's state made of the computation: from the same run's time without communication, which where
    scaling is weak holds what ranks side by side cost each other. More ranks than cores take turns."""
    crowding = max(1.0, record["ranks"] * record.get("threads", 1) / record["machine"]["cores"])
    if not record.get("alone_s"):
        return crowding
    own = math.prod(record["own_grid"]) * record.get("batch", 1)
    slower = record["alone_s"] / compute.seconds(own, kept_modes(record["modes"]))
    return slower if record["scaling"] == "weak" else slower * crowding


def check(args, planner, compute, networks, measured):
    """The model's error where there are real runs."""
    checks = []
    for record in measured:
        schedule = record.get("schedule", "automatic")
        plan = planner.plan(record["ranks"], record["grid"], record["modes"], schedule, record.get("partition"))
        if plan is None or not same_model(record, planner.model):
            continue
        name, network = network_of(record, networks, args)
        predicted = predict(plan, network, compute, args, slowness(record, compute))
        error = predicted["seconds"] / record["median_s"] - 1
        checks.append({"name": record["name"], "ranks": record["ranks"], "grid": record["grid"], "schedule": schedule,
                       "network": name, "measured_s": record["median_s"], "error": error, **predicted,
                       "scaling": record.get("scaling"), "alone_s": record.get("alone_s"),
                       "planned_bytes": plan["bytes"], "ledger_bytes": record["bytes_sent"]})
        print(f"{record['name']}, {record['ranks']} ranks, {schedule}, {name}: measured {record['median_s']:.3f} s, "
              f"model {predicted['seconds']:.3f} s (exchanges {predicted['exchange_s']:.3f} s), {100 * error:+.0f}%")
    return checks


def main():
    args = parse()
    single, several = load_records(args)
    networks = load_networks(args)
    model = single[0]
    compute = Compute(single, args)
    planner = Planner(args, model)
    checks = check(args, planner, compute, networks, several)
    curves = project(args, planner, model, compute, networks)
    os.makedirs(args.out, exist_ok=True)
    with open(args.network_file) as file:
        links = json.load(file)["links"]
    result = {"label": projection_figures.LABEL, "pass": args.kind, "reference": model, "modes": args.modes,
              "growth": args.growth, "sharing": args.sharing, "speed": args.speed,
              "compute": {"seconds_per_point": compute.per_point, "seconds_per_mode": compute.per_mode,
                          "fitted": compute.fitted},
              "links": links, "checks": checks, "curves": curves}
    with open(os.path.join(args.out, "projection.json"), "w") as file:
        json.dump(result, file, indent=1)
        file.write("\n")
    projection_figures.draw_all(args, model, compute, {key: network.name for key, network in networks.items()}, curves,
                                checks)


if __name__ == "__main__":
    main()
