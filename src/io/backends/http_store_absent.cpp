#include "io/http_store.hpp"
#include "io/place.hpp"
#include "io/url.hpp"

namespace tessera {

std::shared_ptr<ObjectStore> make_http_store(const std::string& url, const HttpPatience&) {
  fail({"open", parse_url(url).printable()}, "a build that reads from HTTP",
       "one without libcurl; install it (Debian: libcurl4-openssl-dev) and configure with -DTESSERA_HTTP=ON");
}

}  // namespace tessera
