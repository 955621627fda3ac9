#!/usr/bin/env python3
"""zarr-python reads what the library wrote, and the other way round; data sets are the same in HDF5 and in Zarr.

Usage: check_zarr_interchange.py <zarr_interchange> <tessera> <launcher> <ranks flag> <ranks>
Exit code 77 where zarr-python or h5py is missing.
"""
import itertools
import subprocess
import sys
import tempfile

try:
    import h5py
    import numcodecs
    import numpy as np
    import zarr
except ImportError as missing:
    print(f"skipped: {missing}; scripts/install_dependencies.sh --tests installs python3-zarr and python3-h5py")
    sys.exit(77)

INTERCHANGE, TESSERA = sys.argv[1:3]
LAUNCHER = sys.argv[3:]
SHAPE = (5, 7, 4)


def indexed(shape, dtype):
    index = np.arange(np.prod(shape)).reshape(shape)
    kind = np.dtype(dtype).kind
    if kind == "b":
        return index % 2 == 1
    if kind == "c":
        return (index + 0.5 - 2j * index).astype(dtype)
    return (index + (0.5 if kind == "f" else 0)).astype(dtype)


def check_library_writes(directory):
    subprocess.run([INTERCHANGE, "write", directory], check=True)
    count = 0
    for group in (zarr.open_group(directory, mode="r"), zarr.open_consolidated(directory)):
        assert list(group.attrs["spacing"]) == [0.5, 2.0]
        for name, array in group.arrays():
            assert array.dtype.name == name.split("-")[0], (name, array.dtype)
            assert array.chunks == (3, 4, 4)
            assert array.attrs["names"] == ["x", "Grüße"]
            np.testing.assert_array_equal(array[:], indexed(SHAPE, array.dtype), err_msg=name)
            count += 1
    assert count == 2 * (8 * 8 + 8), count


def check_library_reads(directory):
    group = zarr.open_group(directory, mode="w")
    dtypes = ["<f4", ">f4", "<f8", ">f8", "<c8", ">c8", "<c16", ">c16", "<i4", ">i4", "<i8", ">i8", "|u1", "|b1"]
    blosc = numcodecs.Blosc
    compressors = [None, numcodecs.Zstd(), numcodecs.Zlib(), numcodecs.GZip(), blosc(), blosc("zstd", 7, blosc.BITSHUFFLE),
                   blosc("lz4hc", 3, blosc.NOSHUFFLE), blosc("blosclz", 5, blosc.AUTOSHUFFLE)]
    # Every type in every order; of the compressors two each, in turn.
    cases = list(itertools.product(dtypes, "CF", "./"))
    for case, (dtype, order, separator) in itertools.product(range(2), cases):
        number = (cases.index((dtype, order, separator)) // 4 + 5 * case) % len(compressors)
        compressor = compressors[number]
        fill = 1 if dtype[1] in "iub" else -3.5
        name = f"{'big' if dtype[0] == '>' else 'little'}-{dtype[1:]}-{number}-{order}-{'nested' if separator == '/' else 'flat'}"
        array = group.create_dataset(name, shape=SHAPE, chunks=(2, 3, 4), dtype=dtype, compressor=compressor, order=order,
                                     dimension_separator=separator, fill_value=fill)
        # The last row's chunks stay missing.
        array[:4] = indexed(SHAPE, dtype)[:4]
        array.attrs["fill"] = fill
    subprocess.run([INTERCHANGE, "read", directory], check=True)
    zarr.consolidate_metadata(directory)
    subprocess.run([INTERCHANGE, "read", directory], check=True)


def tessera(*arguments):
    subprocess.run([*LAUNCHER, TESSERA, *arguments], check=True)


def check_data_sets(directory):
    source, there, back = f"{directory}/source.h5", f"{directory}/there.zarr", f"{directory}/back.h5"
    attributes = {"axis_names": ["x", "t"], "grid_spacing": [0.5, 0.25]}
    with h5py.File(source, "w") as file:
        file["input"] = indexed((3, 2, 5, 4), np.float32)
        file["output"] = indexed((3, 1, 5, 6), np.float64)
        file.attrs.update(attributes)
        file.create_group("provenance").attrs["generator"] = "Grüße"
    tessera("data", "convert", source, there, "--chunk", "1,2,4", "--compressor", "blosc-zstd:3")
    tessera("data", "convert", there, back)
    group = zarr.open_consolidated(there)
    assert group["output"].chunks == (1, 1, 2, 4)
    for key, value in attributes.items():
        assert list(group.attrs[key]) == value
    assert group.attrs["complete"] == 1
    assert dict(group["provenance"].attrs) == {"generator": "Grüße"}
    with h5py.File(back) as file:
        for name, shape in {"input": (3, 2, 5, 4), "output": (3, 1, 5, 6)}.items():
            np.testing.assert_array_equal(group[name][:], indexed(shape, np.float32))
            np.testing.assert_array_equal(file[name][:], indexed(shape, np.float32))
        assert list(file.attrs["axis_names"]) == ["x", "t"]
        assert dict(file["provenance"].attrs) == {"generator": "Grüße"}
    # A set made by zarr-python, with chunks of several samples, needs its two arrays only.
    foreign = zarr.open_group(f"{directory}/foreign.zarr", mode="w")
    foreign.create_dataset("input", data=indexed((3, 2, 5, 4), ">f8"), chunks=(2, 2, 3, 4))
    foreign.create_dataset("output", data=indexed((3, 1, 5, 6), "<f4"), chunks=(3, 1, 5, 6), order="F")
    tessera("data", "check", f"{directory}/foreign.zarr")
    tessera("data", "convert", f"{directory}/foreign.zarr", f"{directory}/foreign.h5")
    with h5py.File(f"{directory}/foreign.h5") as file:
        np.testing.assert_array_equal(file["input"][:], indexed((3, 2, 5, 4), np.float32))
        np.testing.assert_array_equal(file["output"][:], indexed((3, 1, 5, 6), np.float32))


with tempfile.TemporaryDirectory() as scratch:
    check_library_writes(f"{scratch}/written")
    check_library_reads(f"{scratch}/read")
    check_data_sets(scratch)
print(f"zarr-python {zarr.__version__} agrees")
