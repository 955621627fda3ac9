"""What the scripts share that compute a Fourier neural operator with other people's libraries, to compare with ours."""

import importlib
import resource


class Failure(Exception):
    """A message for the user instead of a traceback."""


def integers(text):
    return [int(part) for part in text.split(",")]


def load(module, hint):
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise Failure(f"cannot import {module} ({error}): {hint}") from error


def resident_peak():
    """The largest resident set of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def add_model_arguments(parser):
    parser.add_argument("--grid", type=integers, default=[32, 32, 32, 16], help="grid points, time last")
    parser.add_argument("--modes", type=integers, default=[4, 4, 4, 4], help="kept modes of each grid axis")
    parser.add_argument("--width", type=int, default=20, help="channels of the blocks")
    parser.add_argument("--blocks", type=int, default=4)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--in-channels", type=int, default=1)
    parser.add_argument("--in-steps", type=int, default=1, help="time steps of the input")
    parser.add_argument("--threads", type=int, default=1, help="torch's threads per rank")
    parser.add_argument("--repeats", type=int, default=5)


def check_model(options, most_modes):
    """most_modes(points, last): the modes that an axis may keep."""
    if len(options.modes) != len(options.grid):
        raise Failure(f"expected one number of modes for each grid axis, found grid {options.grid} and modes "
                      f"{options.modes}")
    for axis, (points, modes) in enumerate(zip(options.grid, options.modes)):
        most = most_modes(points, axis == len(options.grid) - 1)
        if not 1 <= modes <= most:
            raise Failure(f"expected 1 to {most} modes on an axis of {points} points, found {modes}")
    for name in ("width", "blocks", "batch", "in_channels", "in_steps", "repeats", "threads"):
        if getattr(options, name) < 1:
            raise Failure(f"expected --{name.replace('_', '-')} of at least 1, found {getattr(options, name)}")
