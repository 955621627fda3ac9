#include "tessera/io/zarr_group.hpp"

#include <set>

#include "io/zarr_attributes.hpp"
#include "io/zarr_metadata.hpp"

namespace tessera {

namespace {

constexpr const char* kGroup = ".zgroup";
constexpr const char* kArray = ".zarray";
constexpr const char* kAttributes = ".zattrs";
constexpr const char* kConsolidated = ".zmetadata";
constexpr const char* kFormatMember = "zarr_format";
constexpr const char* kConsolidatedFormatMember = "zarr_consolidated_format";
constexpr const char* kMetadataMember = "metadata";
constexpr Index kFormat = 2, kConsolidatedFormat = 1;

/// The key of an object that describes `name`; "/" and "" are the group itself.
std::string key_of(const std::string& name, const char* object) {
  const std::size_t first = name.find_first_not_of('/');
  return first == std::string::npos ? object : name.substr(first) + "/" + object;
}

std::string array_name(const std::string& name) {
  const std::size_t first = name.find_first_not_of('/');
  return first == std::string::npos ? "" : name.substr(first);
}

}  // namespace

struct ZarrGroup::Impl {
  std::shared_ptr<ObjectStore> store;
  /// Member "metadata" of ".zmetadata", or null where every description is an object of its own.
  Json consolidated = nullptr;

  Place at(const char* operation, const std::string& object = {}) const {
    return {operation, store->location(), object == "/" ? "" : object};
  }

  std::optional<Json> read(const std::string& key, const Place& place) const {
    if (!consolidated.is_null()) {
      const auto found = consolidated.find(key);
      if (found == consolidated.end()) return std::nullopt;
      if (!found->is_object()) fail(place, "a JSON object " + key, brief(*found));
      return *found;
    }
    const std::optional<Bytes> text = store->get(key, kMostJsonBytes);
    if (!text) return std::nullopt;
    return parse_json(*text, place);
  }

  void write(const std::string& key, const Json& json, const Place& place) {
    // Checked before anything is changed.
    const Bytes text = json_text(json, place);
    separate();
    store->put(key, text);
  }

  /// Leaves the consolidated description behind, which a change is about to make untrue.
  void separate() {
    consolidated = nullptr;
    store->erase(kConsolidated);
  }

  Json attributes(const std::string& object, const Place& place) const {
    return read(key_of(object, kAttributes), place).value_or(Json::object());
  }

  void collect(const std::string& prefix, Json& metadata, const Place& place) const;
};

void ZarrGroup::Impl::collect(const std::string& prefix, Json& metadata, const Place& place) const {
  bool inner_group = false;
  for (const char* object : {kArray, kAttributes, kGroup}) {
    const std::string key = key_of(prefix, object);
    const std::optional<Json> json = read(key, place);
    if (!json) continue;
    metadata[key] = *json;
    inner_group |= object == kGroup;
  }
  if (!inner_group) return;
  for (const std::string& name : store->list(prefix)) {
    if (!name.starts_with('.')) collect(prefix.empty() ? name : prefix + "/" + name, metadata, place);
  }
}

ZarrGroup::ZarrGroup(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ZarrGroup::ZarrGroup(ZarrGroup&&) noexcept = default;
ZarrGroup& ZarrGroup::operator=(ZarrGroup&&) noexcept = default;
ZarrGroup::~ZarrGroup() = default;

ZarrGroup ZarrGroup::open(std::shared_ptr<ObjectStore> store) {
  auto impl = std::unique_ptr<Impl>(new Impl{std::move(store)});
  const Place place = impl->at("open");
  if (const std::optional<Bytes> text = impl->store->get(kConsolidated, kMostJsonBytes)) {
    const Place here = impl->at("open", kConsolidated);
    const Json json = parse_json(*text, here);
    const Index format = integer(member(json, kConsolidatedFormatMember, here), kConsolidatedFormatMember, here);
    if (format != kConsolidatedFormat) fail(here, "zarr_consolidated_format 1", std::to_string(format));
    impl->consolidated = member(json, kMetadataMember, here);
    if (!impl->consolidated.is_object()) fail(here, "metadata to be an object", brief(impl->consolidated));
  }
  const std::optional<Json> group = impl->read(kGroup, place);
  if (!group) fail(place, "a Zarr group", zarr::found_instead(*impl->store, "", kGroup));
  const Index format = integer(member(*group, kFormatMember, place), kFormatMember, place);
  if (format != kFormat) fail(place, "zarr_format 2", std::to_string(format));
  return ZarrGroup(std::move(impl));
}

ZarrGroup ZarrGroup::create(std::shared_ptr<ObjectStore> store) {
  auto impl = std::unique_ptr<Impl>(new Impl{std::move(store)});
  const Place place = impl->at("create");
  for (const char* taken : {kGroup, kArray}) {
    if (impl->store->exists(taken)) fail(place, "a free place", std::string("a ") + taken);
  }
  impl->write(kGroup, {{kFormatMember, kFormat}}, place);
  return ZarrGroup(std::move(impl));
}

bool ZarrGroup::exists_in(const ObjectStore& store) { return store.exists(kConsolidated) || store.exists(kGroup); }

const std::string& ZarrGroup::path() const noexcept { return impl_->store->location(); }
const std::shared_ptr<ObjectStore>& ZarrGroup::store() const noexcept { return impl_->store; }

bool ZarrGroup::exists(const std::string& name) const {
  const Place place = impl_->at("exists", name);
  return impl_->read(key_of(name, kGroup), place) || impl_->read(key_of(name, kArray), place);
}

ZarrArray ZarrGroup::open_array(const std::string& name) const {
  const Place place = impl_->at("open", name);
  const std::optional<Json> json = impl_->read(key_of(name, kArray), place);
  if (!json) fail(place, "an array", impl_->read(key_of(name, kGroup), place) ? "a group" : "no object of that name");
  return ZarrArray(impl_->store, array_name(name), zarr::parse_metadata(*json, place));
}

ZarrArray ZarrGroup::create_array(const std::string& name, const ZarrLayout& layout) {
  if (exists(name)) fail(impl_->at("create", name), "a free name", "an object of that name");
  impl_->separate();
  return ZarrArray::create(impl_->store, array_name(name), layout);
}

void ZarrGroup::create_group(const std::string& name) {
  const Place place = impl_->at("create", name);
  if (impl_->read(key_of(name, kGroup), place)) return;
  if (impl_->read(key_of(name, kArray), place)) fail(place, "a free name or a group", "an array");
  impl_->write(key_of(name, kGroup), {{kFormatMember, kFormat}}, place);
}

std::vector<std::string> ZarrGroup::children(const std::string& group) const {
  const std::string prefix = array_name(group);
  std::set<std::string> names;
  if (impl_->consolidated.is_null()) {
    for (const std::string& name : impl_->store->list(prefix)) {
      if (!name.starts_with('.') && exists(prefix.empty() ? name : prefix + "/" + name)) names.insert(name);
    }
    return {names.begin(), names.end()};
  }
  const std::string start = prefix.empty() ? "" : prefix + "/";
  for (const auto& [key, description] : impl_->consolidated.items()) {
    if (!key.starts_with(start)) continue;
    const std::string rest = key.substr(start.size());
    const std::size_t slash = rest.find('/');
    if (slash == std::string::npos) continue;
    const std::string object = rest.substr(slash + 1);
    if (object == kGroup || object == kArray) names.insert(rest.substr(0, slash));
  }
  return {names.begin(), names.end()};
}

bool ZarrGroup::has_attribute(const std::string& name, const std::string& object) const {
  return impl_->attributes(object, impl_->at("has_attribute", object)).contains(name);
}

std::vector<std::string> ZarrGroup::attribute_names(const std::string& object) const {
  const Json attributes = impl_->attributes(object, impl_->at("attribute_names", object));
  std::set<std::string> names;
  for (const auto& [name, value] : attributes.items()) names.insert(name);
  return {names.begin(), names.end()};
}

template <class T>
T ZarrGroup::read_attribute(const std::string& name, const std::string& object) const {
  const Place place = impl_->at("read_attribute", (object == "/" ? "" : object) + "@" + name);
  const Json attributes = impl_->attributes(object, place);
  const auto found = attributes.find(name);
  if (found == attributes.end()) fail(place, "an attribute", "none");
  return zarr::attribute_from_json<T>(*found, place);
}

void ZarrGroup::write_attribute(const std::string& name, const AttributeValue& value, const std::string& object) {
  const Place place = impl_->at("write_attribute", (object == "/" ? "" : object) + "@" + name);
  if (!exists(object)) fail(place, "an object of that name", "none");
  Json attributes = impl_->attributes(object, place);
  attributes[name] = zarr::attribute_to_json(value, place);
  impl_->write(key_of(object, kAttributes), attributes, place);
}

void ZarrGroup::consolidate() {
  const Place place = impl_->at("consolidate");
  impl_->separate();
  Json metadata = Json::object();
  impl_->collect("", metadata, place);
  const Json all{{kMetadataMember, metadata}, {kConsolidatedFormatMember, kConsolidatedFormat}};
  impl_->store->put(kConsolidated, json_text(all, place));
}

#define TESSERA_INSTANTIATE(T) template T ZarrGroup::read_attribute<T>(const std::string&, const std::string&) const;
TESSERA_INSTANTIATE(Index)
TESSERA_INSTANTIATE(double)
TESSERA_INSTANTIATE(std::string)
TESSERA_INSTANTIATE(Shape)
TESSERA_INSTANTIATE(std::vector<double>)
TESSERA_INSTANTIATE(std::vector<std::string>)
#undef TESSERA_INSTANTIATE

}  // namespace tessera
