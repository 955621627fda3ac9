#pragma once

/// \file
/// Requests to an HTTP(S) server by libcurl. Private to the io room.

#include <optional>
#include <string>
#include <vector>

#include "io/http_store.hpp"
#include "io/place.hpp"
#include "io/url.hpp"

namespace tessera {

struct HttpRequest {
  Url url;
  /// Ask for the headers alone.
  bool head = false;
  /// The bytes that are wanted: all, or `bytes` > 0 of them from `offset` on.
  struct Range {
    Index offset, bytes;
  };
  std::optional<Range> range = {};
  /// Of a body without range; more is an error.
  Index most = 0;
};

struct HttpAnswer {
  long status = 0;
  /// Of status 200 and 206. Of a range that the server answered with all of the object: its bytes, as far as there are.
  Bytes body = {};
  std::string content_range = {};
  std::string etag = {}, last_modified = {};
};

/// Local; several threads may send at once. Connections are kept for the next request of the process.
class HttpClient {
 public:
  /// ConfigError where TESSERA_HTTP_HEADER is no header.
  HttpClient(Url base, const HttpPatience& patience);

  /// The final answer, after redirects, whatever its status; IoError when there is none.
  HttpAnswer send(const HttpRequest& request, const Place& place) const;

 private:
  Url base_;
  HttpPatience patience_;
  std::vector<std::string> headers_;
};

/// "404", as messages say it.
std::string status_text(long status);

}  // namespace tessera
