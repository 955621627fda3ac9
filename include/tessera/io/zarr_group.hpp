#pragma once

/// \file
/// Groups of Zarr arrays with attributes.
///
/// Source: https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html; consolidated metadata as zarr-python 2 writes it.

#include "tessera/io/zarr_array.hpp"

namespace tessera {

/// A group of the Zarr storage specification, version 2, opened for reading or created: arrays, groups and attributes
/// by paths such as "provenance" or "run/output"; "/" is the group itself. Move-only. Members are local and need no
/// MPI; failures are IoErrors that name place and object.
///
/// Where ".zmetadata" is there, opening reads it alone instead of one object per array (zarr_consolidated_format 1).
/// The first change to a group removes it, so that it is never out of date; consolidate() writes it anew. Arrays and
/// attributes are changed by one process at a time; for the contents of arrays see ZarrArray.
class ZarrGroup {
 public:
  /// IoError when there is no group or its description is damaged.
  static ZarrGroup open(std::shared_ptr<ObjectStore> store);
  /// An empty group. IoError when the store holds a group or an array already.
  static ZarrGroup create(std::shared_ptr<ObjectStore> store);
  /// Whether the store holds a group.
  static bool exists_in(const ObjectStore& store);

  ZarrGroup(ZarrGroup&& other) noexcept;
  ZarrGroup& operator=(ZarrGroup&& other) noexcept;
  ~ZarrGroup();

  const std::string& path() const noexcept;
  const std::shared_ptr<ObjectStore>& store() const noexcept;

  /// Whether there is a group or an array of that name.
  bool exists(const std::string& name) const;
  ArrayInfo describe(const std::string& name) const { return open_array(name).info(); }
  /// IoError when there is none of that name.
  ZarrArray open_array(const std::string& name) const;
  /// IoError when the name is taken; otherwise as ZarrArray::create. The groups it is in must be there.
  ZarrArray create_array(const std::string& name, const ZarrLayout& layout);
  /// Nothing to do when the group exists.
  void create_group(const std::string& name);
  /// Names of the groups and arrays directly inside a group, in alphabetical order.
  std::vector<std::string> children(const std::string& group = "/") const;

  bool has_attribute(const std::string& name, const std::string& object = "/") const;
  std::vector<std::string> attribute_names(const std::string& object = "/") const;
  /// T: an alternative of AttributeValue. IoError when the attribute is missing or of another type; integers are read
  /// as double where double is asked for, truth values as integers, and a single value as a list of one.
  template <class T>
  T read_attribute(const std::string& name, const std::string& object = "/") const;
  /// Creates or replaces an attribute of an existing group or array. ArgumentError for text that is not UTF-8 and for
  /// numbers that are not finite, neither of which JSON can hold.
  void write_attribute(const std::string& name, const AttributeValue& value, const std::string& object = "/");

  /// Writes ".zmetadata": everything but the chunks in one object.
  void consolidate();

 private:
  struct Impl;
  explicit ZarrGroup(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tessera
