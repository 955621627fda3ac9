#include "io/url.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "tessera/core/error.hpp"

namespace tessera {

namespace {

constexpr std::string_view kSeparator = "://";

/// "http", "https", or empty.
std::string scheme_of(const std::string& text) {
  std::string scheme = text.substr(0, text.find(kSeparator));
  if (scheme.size() == text.size()) return "";
  std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return scheme == "http" || scheme == "https" ? scheme : "";
}

bool unreserved(unsigned char c) {
  return c < 0x80 && (std::isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~');
}

bool refused(unsigned char c) { return c <= ' ' || c == 0x7f || c == '#'; }

}  // namespace

Url Url::below(const std::string& key) const {
  constexpr char kDigits[] = "0123456789ABCDEF";
  Url result = *this;
  result.path.resize(path.find_last_not_of('/') + 1);
  result.path += '/';
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    if (unreserved(byte) || c == '/') {
      result.path += c;
    } else {
      result.path += {'%', kDigits[byte / 16], kDigits[byte % 16]};
    }
  }
  return result;
}

bool is_url(const std::string& text) { return !scheme_of(text).empty(); }

Url parse_url(const std::string& text) {
  Url url;
  url.scheme = scheme_of(text);
  std::string rest = text.substr(std::min(text.size(), url.scheme.size() + kSeparator.size()));
  const std::size_t query = std::min(rest.find('?'), rest.size());
  url.query = rest.substr(query);
  rest.resize(query);
  const std::size_t path = std::min(rest.find('/'), rest.size());
  url.path = rest.substr(path);
  rest.resize(path);
  const std::size_t at = rest.rfind('@');
  if (at != std::string::npos) url.user_info = rest.substr(0, at);
  url.authority = at == std::string::npos ? rest : rest.substr(at + 1);
  if (url.scheme.empty() || url.authority.empty() || std::any_of(text.begin(), text.end(), refused)) {
    throw ArgumentError("URL: expected http://<host>/<path> or https://..., without blanks and '#', got '" +
                        url.printable() + "'");
  }
  return url;
}

}  // namespace tessera
