#include "io/http_store.hpp"

#include "io/backends/http_client.hpp"

namespace tessera {

namespace {

constexpr long kOk = 200, kPartial = 206, kNotFound = 404, kMethodNotAllowed = 405, kGone = 410, kBeyondEnd = 416,
               kNotImplemented = 501;

bool absent(long status) { return status == kNotFound || status == kGone; }

class HttpStore final : public ObjectStore {
 public:
  HttpStore(const Url& url, const HttpPatience& patience)
      : url_(url), location_(url.printable()), client_(url, patience) {}

  const std::string& location() const noexcept override { return location_; }

  std::optional<Bytes> get(const std::string& key, Index most) const override {
    const Place place = at("get", key);
    HttpAnswer answer = client_.send({.url = url_.below(key), .most = most}, place);
    if (absent(answer.status)) return std::nullopt;
    if (answer.status != kOk) fail(place, "an object", status_text(answer.status));
    return std::move(answer.body);
  }

  std::optional<Bytes> get_range(const std::string& key, Index offset, Index bytes) const override {
    const Place place = at("get_range", key);
    const std::string expected = std::to_string(bytes) + " bytes from " + std::to_string(offset) + " on";
    if (offset < 0 || bytes < 0) fail(place, "a range", expected);
    // HTTP knows no empty range.
    if (bytes == 0) return exists(key) ? std::optional(Bytes{}) : std::nullopt;
    HttpAnswer answer = client_.send({.url = url_.below(key), .range = HttpRequest::Range{offset, bytes}}, place);
    if (absent(answer.status)) return std::nullopt;
    if (answer.status == kBeyondEnd) fail(place, expected, "an object that ends before");
    if (answer.status != kOk && answer.status != kPartial) fail(place, expected, status_text(answer.status));
    if (answer.status == kPartial) require_range(answer, offset, bytes, place);
    if (std::ssize(answer.body) != bytes) fail(place, expected, std::to_string(answer.body.size()) + " bytes");
    return std::move(answer.body);
  }

  bool exists(const std::string& key) const override { return headers("exists", key).has_value(); }

  std::string version(const std::string& key) const override {
    const auto answer = headers("version", key);
    if (!answer) return {};
    return answer->etag.empty() ? answer->last_modified : answer->etag;
  }

  void put(const std::string& key, std::span<const std::byte>) override { refuse("put", key); }
  void erase(const std::string& key) override { refuse("erase", key); }
  void remove_leftovers() override { refuse("remove_leftovers", ""); }
  std::vector<std::string> list(const std::string& prefix) const override {
    fail({"list", location_, prefix}, "a store that tells its names (none are needed where the set is complete)",
         "one on HTTP");
  }

 private:
  Place at(const char* operation, const std::string& key) const {
    require_key(key);
    return {operation, location_, key};
  }

  /// What a server says of an object, or nothing where there is none.
  std::optional<HttpAnswer> headers(const char* operation, const std::string& key) const {
    const Place place = at(operation, key);
    HttpAnswer answer = client_.send({.url = url_.below(key), .head = true}, place);
    if (answer.status == kMethodNotAllowed || answer.status == kNotImplemented) {
      answer = client_.send({.url = url_.below(key), .range = HttpRequest::Range{0, 1}}, place);
    }
    if (absent(answer.status)) return std::nullopt;
    if (answer.status != kOk && answer.status != kPartial && answer.status != kBeyondEnd) {
      fail(place, "an object or none", status_text(answer.status));
    }
    return answer;
  }

  [[noreturn]] void refuse(const char* operation, const std::string& key) const {
    fail({operation, location_, key}, "a store that can be written", "one on HTTP, which is read only");
  }

  /// A server may answer with another range than was asked for.
  static void require_range(const HttpAnswer& answer, Index offset, Index bytes, const Place& place) {
    const std::string expected = "bytes " + std::to_string(offset) + "-" + std::to_string(offset + bytes - 1) + "/";
    if (answer.content_range.starts_with(expected)) return;
    fail(place, "range \"" + expected + "...\"", '"' + answer.content_range + '"');
  }

  Url url_;
  std::string location_;
  HttpClient client_;
};

}  // namespace

std::shared_ptr<ObjectStore> make_http_store(const std::string& url, const HttpPatience& patience) {
  return std::make_shared<HttpStore>(parse_url(url), patience);
}

}  // namespace tessera
