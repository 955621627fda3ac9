#pragma once

/// \file
/// Objects on an HTTP(S) server. Private to the io room.

#include <chrono>
#include <memory>
#include <string>

#include "tessera/io/object_store.hpp"

namespace tessera {

/// How long a server is waited for, and how often it is asked again.
struct HttpPatience {
  std::chrono::seconds connecting{10};
  /// A transfer that stands still this long is broken off.
  std::chrono::seconds stalled{30};
  /// Of one request, when the connection breaks or the status is 429, 500, 502, 503 or 504.
  int attempts = 5;
  /// Before the second attempt; twice as long before each further one, give or take a half.
  std::chrono::milliseconds pause{200};
};

/// A store that is read only: an object is what GET <url>/<key> answers, a range of it what a Range request answers,
/// and what the server calls 404 or 410 is not there. The URL may have a user and a password (basic authentication) and
/// a query, which goes behind every key. The lines of the environment variable TESSERA_HTTP_HEADER go along as headers,
/// to the URL's own server alone. Certificates are verified against the system's, or against those of CURL_CA_BUNDLE,
/// SSL_CERT_FILE or SSL_CERT_DIR; proxies are those of http_proxy, https_proxy and no_proxy. Members that write and
/// `list` are IoErrors. IoError in a build without libcurl.
std::shared_ptr<ObjectStore> make_http_store(const std::string& url, const HttpPatience& patience = {});

}  // namespace tessera
