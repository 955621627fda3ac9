#pragma once

/// \file
/// Places on HTTP(S). Private to the io room.

#include <string>

namespace tessera {

/// <scheme>://[<user info>@]<authority><path>[?<query>]
struct Url {
  std::string scheme;
  std::string user_info;
  /// Host, and port where one is given.
  std::string authority;
  std::string path;
  /// With its "?", or empty.
  std::string query;

  /// What decides who may see credentials.
  std::string origin() const { return scheme + "://" + authority; }
  /// What is asked for; without the user info.
  std::string address() const { return origin() + path + query; }
  /// For messages: user info and query may hold secrets.
  std::string printable() const { return origin() + path + (query.empty() ? "" : "?..."); }
  /// The place of a key below this one, every byte escaped that is not unreserved (RFC 3986, 2.3).
  Url below(const std::string& key) const;
};

/// Whether a text begins with "http://" or "https://".
bool is_url(const std::string& text);
/// ArgumentError where there is no host, and for blanks, control characters and fragments.
Url parse_url(const std::string& text);

}  // namespace tessera
