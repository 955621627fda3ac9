#pragma once

/// \file
/// Distributed tensors to and from Zarr arrays, and chunks that suit their tiles.

#include "tessera/io/zarr_array.hpp"
#include "tessera/tensor/dist_tensor.hpp"

namespace tessera {

/// array[origin + i] = tensor[i]: each active rank its tile, one of several copies. Every chunk is written once, whole
/// and by one rank; pieces of a chunk that lie in several tiles travel to the rank that holds its first cell. A rank
/// needs memory for the pieces it gives away and gets, at most a tile and a layer of chunks around it.
///
/// `origin` defaults to the first cell. Collective over the tensor's communicator; every rank has opened the array.
/// ArgumentError when the tensor begins or ends within a chunk, which its other cells would have to be read for;
/// IoError when the array is too small or of another kind of numbers, or a chunk cannot be written; each on all ranks.
template <Scalar T>
void write_tile(ZarrArray& array, const DistTensor<T>& tensor, Shape origin = {});

/// tensor[i] = array[origin + i]: each rank reads the chunks its own tile meets, and every copy is filled, whatever the
/// partition the array was written on. Collective, and the errors of ZarrArray::read_box on all ranks.
template <Scalar T>
void read_tile(const ZarrArray& array, DistTensor<T>& tensor, Shape origin = {});

/// Bytes of a chunk that costs little to find and is read as a whole without much waste.
inline constexpr Index kChunkBytes = Index{4} << 20;

/// The chunk of an array of `shape` that is to be written and read by tiles of `grid`: a tile, cut along its longest
/// axes into parts of equal extent until it takes at most `most_bytes` (or is one cell). Where the tiles of an axis are
/// equal, they consist of whole chunks, except where an extent has no divisors. Local.
Shape choose_chunk(const Shape& shape, const RankGrid& grid, Index element_bytes, Index most_bytes = kChunkBytes);

}  // namespace tessera
