#pragma once

/// \file
/// Arrays in chunks, as the Zarr storage specification, version 2, lays them out.
///
/// Source: https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html

#include "tessera/core/scalar.hpp"
#include "tessera/io/array_info.hpp"
#include "tessera/io/object_store.hpp"
#include "tessera/io/zarr_compressor.hpp"

namespace tessera {

namespace zarr {
struct Metadata;
}

/// A new array: stored in row-major order, little-endian, with fill value 0.
struct ZarrLayout {
  Shape shape;
  /// At least 1 on every axis, and together at most 2^31 - 17 bytes.
  Shape chunk;
  /// numpy's name: "float32", "float64", "complex64", "complex128", "int32", "int64", "uint8" or "bool".
  std::string scalar = "float32";
  ZarrCompressor compressor = {};
  /// Chunks are named "0/1/2" instead of "0.1.2", a folder per index: for many thousands of chunks.
  bool nested = false;
};

/// What a ZarrArray can be read to and written from.
template <class T>
concept ZarrScalar = Scalar<T> || std::same_as<T, Index>;

/// An array of an ObjectStore, cut into chunks of equal shape that are compressed each by itself. Read are the types of
/// ZarrLayout in both byte orders and both memory orders; compressors blosc, zstd, zlib, gzip or none; no filters. A
/// chunk that was never written holds the fill value.
///
/// Cheap to copy. Members are local and need no MPI; several threads may read at once. Several processes may write at
/// once as long as no two write into one chunk: a chunk is replaced as a whole, and who replaces a part of it reads the
/// rest first.
///
/// Failures are IoErrors "<operation> <place>:<array>: expected ..., found ...", with the chunk where one is to blame:
/// it is damaged, decompresses to another size than the chunk's, or has a type that T cannot hold. Converted are
/// float32 and float64 into each other, complex64 and complex128, and integers and truth values (which are read into,
/// and written from, Index).
class ZarrArray {
 public:
  /// The array `name` ("" for one that is the whole store). IoError when there is none, or its description is damaged,
  /// of another version, or of sizes that no machine can hold.
  static ZarrArray open(std::shared_ptr<ObjectStore> store, const std::string& name);
  /// Describes a new array without chunks; those of an earlier array of that name are removed. ShapeError or
  /// ArgumentError when the layout is inconsistent.
  static ZarrArray create(std::shared_ptr<ObjectStore> store, const std::string& name, const ZarrLayout& layout);

  const Shape& shape() const noexcept;
  const Shape& chunk() const noexcept;
  /// numpy's name of the stored type.
  std::string scalar() const;
  ArrayInfo info() const { return {shape(), scalar()}; }
  const ZarrCompressor& compressor() const noexcept;
  /// "run.zarr:output"
  std::string label() const;

  /// Number of chunks along each axis.
  Shape chunk_grid() const;
  /// The cells of the chunk at a place of the chunk grid.
  Box chunk_box(const Shape& at) const;
  /// Whether that chunk was written.
  bool has_chunk(const Shape& at) const;
  /// Removes that chunk: its cells then hold the fill value.
  void erase_chunk(const Shape& at);

  /// IoError unless read_box can read that box into T, as far as the description says.
  template <ZarrScalar T>
  void require_readable(const Box& box) const {
    require<T>("read_box", box);
  }
  /// Reads a box into contiguous memory, row-major. IoError when the array has no such box.
  template <ZarrScalar T>
  void read_box(const Box& box, T* values) const;
  /// Writes a box from contiguous memory. Chunks that lie in it are written without being read.
  template <ZarrScalar T>
  void write_box(const Box& box, const T* values);

  /// Writes the chunk `at` from memory of a box that holds all its cells, without reading it.
  template <ZarrScalar T>
  void write_chunk(const Shape& at, const Box& box, const T* values);

  /// One chunk as it is in memory, kept by who reads several boxes of it.
  class DecodedChunk {
   public:
    /// Copies the cells `part`, in indices of the array, to where they belong in `values`, memory of the box `box`.
    template <ZarrScalar T>
    void copy(const Box& part, const Box& box, T* values) const;
    Index bytes() const noexcept { return static_cast<Index>(bytes_.size()); }
    /// False for one that holds the fill value because nothing is stored.
    bool written() const noexcept { return !bytes_.empty(); }

   private:
    friend class ZarrArray;
    std::shared_ptr<const zarr::Metadata> metadata_;
    Shape start_;
    /// Empty for a chunk that was never written.
    Bytes bytes_;
  };
  DecodedChunk read_chunk(const Shape& at) const;

 private:
  friend class ZarrGroup;
  ZarrArray(std::shared_ptr<ObjectStore> store, std::string name, zarr::Metadata metadata);
  std::string key(const std::string& object) const { return name_.empty() ? object : name_ + "/" + object; }
  template <ZarrScalar T>
  void require(const char* operation, const Box& box) const;
  template <ZarrScalar T>
  void write_part(const Shape& at, const Box& part, const Box& box, const T* values);

  std::shared_ptr<ObjectStore> store_;
  std::string name_;
  std::shared_ptr<const zarr::Metadata> metadata_;
};

}  // namespace tessera
