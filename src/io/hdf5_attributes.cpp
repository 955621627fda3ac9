#include <algorithm>

#include "io/hdf5_objects.hpp"

namespace tessera::hdf5 {

namespace {

Place attribute_place(const Place& place, const std::string& name) {
  return {place.operation, place.path, (place.object == "/" ? "" : place.object) + "@" + name};
}

Handle text_type(const Place& place) {
  Handle type = own(H5Tcopy(H5T_C_S1), H5Tclose, place, "a string type");
  check(H5Tset_size(type.get(), H5T_VARIABLE), place, "a string type");
  check(H5Tset_cset(type.get(), H5T_CSET_UTF8), place, "a string type");
  return type;
}

void write_values(hid_t object, const std::string& name, hid_t file_type, hid_t memory_type, const Shape& shape,
                  const void* values, const Place& place) {
  const Handle space = make_space(shape, place);
  const Handle attribute = own(H5Acreate2(object, name.c_str(), file_type, space.get(), H5P_DEFAULT, H5P_DEFAULT),
                               H5Aclose, place, "a new attribute");
  if (volume(shape) == 0) return;
  check(H5Awrite(attribute.get(), memory_type, values), place, "an attribute that can be written");
}

/// One overload for each alternative of AttributeValue.
struct Writer {
  hid_t object;
  const std::string& name;
  const Place& place;

  void numbers(hid_t file, hid_t memory, const Shape& shape, const void* values) const {
    write_values(object, name, file, memory, shape, values, place);
  }
  void operator()(Index value) const { numbers(H5T_STD_I64LE, H5T_NATIVE_INT64, {}, &value); }
  void operator()(double value) const { numbers(H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {}, &value); }
  void operator()(const Shape& list) const {
    numbers(H5T_STD_I64LE, H5T_NATIVE_INT64, {static_cast<Index>(list.size())}, list.data());
  }
  void operator()(const std::vector<double>& list) const {
    numbers(H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {static_cast<Index>(list.size())}, list.data());
  }
  void operator()(const std::string& text) const {
    const Handle type = text_type(place);
    const char* pointer = text.c_str();
    numbers(type.get(), type.get(), {}, &pointer);
  }
  void operator()(const std::vector<std::string>& list) const {
    const Handle type = text_type(place);
    std::vector<const char*> pointers;
    for (const std::string& text : list) pointers.push_back(text.c_str());
    numbers(type.get(), type.get(), {static_cast<Index>(list.size())}, pointers.data());
  }
};

/// An attribute opened for reading.
struct Stored {
  Handle attribute;
  Handle type;
  Handle space;
  Shape shape;

  std::size_t count() const { return static_cast<std::size_t>(volume(shape)); }
  /// HDF5 refuses the null buffer of an empty list.
  void read(hid_t memory_type, void* values, const Place& place) const {
    if (count() > 0) check(H5Aread(attribute.get(), memory_type, values), place, "an attribute that can be read");
  }
};

Stored open_attribute(hid_t object, const std::string& name, const Place& place) {
  const int found = check(H5Aexists(object, name.c_str()), place, "an attribute");
  if (found == 0) fail(place, "an attribute", "none of that name");
  Stored stored;
  stored.attribute = own(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose, place, "an attribute");
  stored.type = own(H5Aget_type(stored.attribute.get()), H5Tclose, place, "an attribute");
  stored.space = own(H5Aget_space(stored.attribute.get()), H5Sclose, place, "an attribute");
  stored.shape = shape_of_space(stored.space.get(), place);
  return stored;
}

[[noreturn]] void wrong_type(const Stored& stored, const std::string& expected, const Place& place) {
  fail(place, expected, type_name(stored.type.get()) + " of shape " + to_string(stored.shape));
}

template <class T>
std::vector<T> read_list(const Stored& stored, const Place& place);

template <>
std::vector<Index> read_list<Index>(const Stored& stored, const Place& place) {
  if (H5Tget_class(stored.type.get()) != H5T_INTEGER) wrong_type(stored, "integers", place);
  std::vector<Index> values(stored.count());
  stored.read(H5T_NATIVE_INT64, values.data(), place);
  return values;
}

template <>
std::vector<double> read_list<double>(const Stored& stored, const Place& place) {
  const H5T_class_t kind = H5Tget_class(stored.type.get());
  if (kind != H5T_FLOAT && kind != H5T_INTEGER) wrong_type(stored, "real numbers", place);
  std::vector<double> values(stored.count());
  stored.read(H5T_NATIVE_DOUBLE, values.data(), place);
  return values;
}

std::vector<std::string> read_variable_text(const Stored& stored, const Place& place) {
  const Handle type = own(H5Tget_native_type(stored.type.get(), H5T_DIR_DEFAULT), H5Tclose, place, "text");
  std::vector<char*> pointers(stored.count(), nullptr);
  stored.read(type.get(), pointers.data(), place);
  std::vector<std::string> values;
  for (const char* text : pointers) values.emplace_back(text != nullptr ? text : "");
  H5Dvlen_reclaim(type.get(), stored.space.get(), H5P_DEFAULT, pointers.data());
  return values;
}

std::vector<std::string> read_fixed_text(const Stored& stored, const Place& place) {
  const std::size_t length = H5Tget_size(stored.type.get());
  std::string bytes(stored.count() * length, '\0');
  stored.read(stored.type.get(), bytes.data(), place);
  const bool spaces = H5Tget_strpad(stored.type.get()) == H5T_STR_SPACEPAD;
  std::vector<std::string> values;
  for (std::size_t start = 0; start < bytes.size(); start += length) {
    std::string text = bytes.substr(start, length);
    text.resize(spaces ? text.find_last_not_of(' ') + 1 : std::min(text.find('\0'), length));
    values.push_back(std::move(text));
  }
  return values;
}

template <>
std::vector<std::string> read_list<std::string>(const Stored& stored, const Place& place) {
  if (H5Tget_class(stored.type.get()) != H5T_STRING) wrong_type(stored, "text", place);
  const bool variable = check(H5Tis_variable_str(stored.type.get()), place, "text") > 0;
  return variable ? read_variable_text(stored, place) : read_fixed_text(stored, place);
}

template <class T>
struct ListElement {
  using type = T;
  static constexpr bool is_list = false;
};
template <class T>
struct ListElement<std::vector<T>> {
  using type = T;
  static constexpr bool is_list = true;
};

herr_t collect_name(hid_t, const char* name, const H5A_info_t*, void* names) {
  static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
}

}  // namespace

bool has_attribute(hid_t object, const std::string& name, const Place& place) {
  return check(H5Aexists(object, name.c_str()), attribute_place(place, name), "an attribute") > 0;
}

std::vector<std::string> attribute_names(hid_t object, const Place& place) {
  std::vector<std::string> names;
  check(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect_name, &names), place, "attributes");
  return names;
}

void write_attribute(hid_t object, const std::string& name, const AttributeValue& value, const Place& place) {
  const Place here = attribute_place(place, name);
  if (check(H5Aexists(object, name.c_str()), here, "an attribute") > 0) {
    check(H5Adelete(object, name.c_str()), here, "an attribute that can be replaced");
  }
  std::visit(Writer{object, name, here}, value);
}

template <class T>
T read_attribute(hid_t object, const std::string& name, const Place& place) {
  const Place here = attribute_place(place, name);
  const Stored stored = open_attribute(object, name, here);
  auto values = read_list<typename ListElement<T>::type>(stored, here);
  if constexpr (ListElement<T>::is_list) {
    return values;
  } else {
    if (values.size() != 1) wrong_type(stored, "a single value", here);
    return values.front();
  }
}

template Index read_attribute<Index>(hid_t, const std::string&, const Place&);
template double read_attribute<double>(hid_t, const std::string&, const Place&);
template std::string read_attribute<std::string>(hid_t, const std::string&, const Place&);
template Shape read_attribute<Shape>(hid_t, const std::string&, const Place&);
template std::vector<double> read_attribute<std::vector<double>>(hid_t, const std::string&, const Place&);
template std::vector<std::string> read_attribute<std::vector<std::string>>(hid_t, const std::string&, const Place&);

}  // namespace tessera::hdf5
