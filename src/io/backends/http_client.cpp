#include "io/backends/http_client.hpp"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <random>
#include <sstream>
#include <string_view>
#include <thread>

#include "io/broken_pipe_scope.hpp"
#include "tessera/core/error.hpp"

namespace tessera {

namespace {

constexpr long kOk = 200, kPartial = 206;
constexpr int kMostRedirects = 5;
constexpr std::size_t kMostHeaderBytes = std::size_t{1} << 18;
/// Of the page that goes with an error; the connection can be kept when it was short.
constexpr Index kMostErrorBytes = Index{1} << 16;
/// Below this a transfer stands still.
constexpr long kLeastBytesPerSecond = 100;

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using HeaderList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

/// Handles of this process that no request is using, each with its open connections.
class HandlePool {
 public:
  static HandlePool& instance() {
    static HandlePool pool;
    return pool;
  }

  Handle take() {
    const std::lock_guard lock(mutex_);
    leave_to_parent();
    if (idle_.empty()) return {curl_easy_init(), &curl_easy_cleanup};
    Handle handle = std::move(idle_.back());
    idle_.pop_back();
    curl_easy_reset(handle.get());
    return handle;
  }

  void give_back(Handle handle) {
    constexpr std::size_t kMostIdle = 16;
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kMostIdle) idle_.push_back(std::move(handle));
  }

 private:
  HandlePool() { curl_global_init(CURL_GLOBAL_DEFAULT); }
  ~HandlePool() {
    const BrokenPipeScope scope;
    leave_to_parent();
    idle_.clear();
  }

  /// In a process that was forked: connections are the parent's, who would not learn that they were used or closed.
  void leave_to_parent() {
    if (process_ == ::getpid()) return;
    for (Handle& handle : idle_) static_cast<void>(handle.release());
    idle_.clear();
    process_ = ::getpid();
  }

  std::mutex mutex_;
  std::vector<Handle> idle_;
  pid_t process_ = ::getpid();
};

/// How far a transfer came; it is broken off where the answer is known.
enum class End { open, complete, too_long, headers_too_long };

/// One request and what has come of its answer.
struct Transfer {
  const HttpRequest& request;
  CURL* handle;
  Bytes body = {};
  /// Bytes of a whole object before the range that is wanted, still to come.
  Index before = request.range ? request.range->offset : 0;
  Index error_bytes = 0;
  std::size_t header_bytes = 0;
  End end = End::open;

  long status() const {
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    return status;
  }

  /// Whether more may come.
  bool take(std::span<const std::byte> part) {
    const long code = status();
    if (code != kOk && code != kPartial) {
      error_bytes += std::ssize(part);
      if (error_bytes > kMostErrorBytes) end = End::complete;
      return end == End::open;
    }
    if (request.range && code == kOk) {
      // The server sends all of the object.
      const Index skipped = std::min<Index>(before, std::ssize(part));
      before -= skipped;
      part = part.subspan(static_cast<std::size_t>(skipped));
    }
    const Index room = (request.range ? request.range->bytes : request.most) - std::ssize(body);
    const bool whole_of_range = request.range && code == kOk && std::ssize(part) >= room;
    if (std::ssize(part) > room) {
      if (!whole_of_range) {
        end = End::too_long;
        return false;
      }
      part = part.first(static_cast<std::size_t>(room));
    }
    body.insert(body.end(), part.begin(), part.end());
    if (whole_of_range) end = End::complete;
    return end == End::open;
  }
};

std::size_t on_body(char* data, std::size_t, std::size_t count, void* transfer) {
  return static_cast<Transfer*>(transfer)->take(std::as_bytes(std::span(data, count))) ? count : CURL_WRITEFUNC_ERROR;
}

std::size_t on_header(char*, std::size_t, std::size_t count, void* transfer) {
  auto& own = *static_cast<Transfer*>(transfer);
  own.header_bytes += count;
  if (own.header_bytes <= kMostHeaderBytes) return count;
  own.end = End::headers_too_long;
  return CURL_WRITEFUNC_ERROR;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// Lines of TESSERA_HTTP_HEADER. Their text is not for messages.
std::vector<std::string> extra_headers() {
  std::vector<std::string> headers;
  std::istringstream lines(environment("TESSERA_HTTP_HEADER"));
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || colon == 0 || line.find(' ') < colon || line.find('\r') != std::string::npos) {
      throw ConfigError("TESSERA_HTTP_HEADER: expected lines \"Name: value\", found one that is none");
    }
    headers.push_back(std::move(line));
  }
  return headers;
}

std::string unescaped(CURL* handle, const std::string& text) {
  int length = 0;
  const std::unique_ptr<char, decltype(&curl_free)> result(
      curl_easy_unescape(handle, text.c_str(), static_cast<int>(text.size()), &length), &curl_free);
  return result ? std::string(result.get(), static_cast<std::size_t>(length)) : "";
}

/// As the program curl does; the library does not look there by itself.
void set_certificates(CURL* handle) {
  std::string bundle = environment("CURL_CA_BUNDLE");
  if (bundle.empty()) bundle = environment("SSL_CERT_FILE");
  if (!bundle.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, bundle.c_str());
  const std::string folder = environment("SSL_CERT_DIR");
  if (!folder.empty()) curl_easy_setopt(handle, CURLOPT_CAPATH, folder.c_str());
}

void set_credentials(CURL* handle, const std::string& user_info) {
  if (user_info.empty()) return;
  const std::size_t colon = std::min(user_info.find(':'), user_info.size());
  curl_easy_setopt(handle, CURLOPT_USERNAME, unescaped(handle, user_info.substr(0, colon)).c_str());
  const std::string password = colon < user_info.size() ? user_info.substr(colon + 1) : "";
  curl_easy_setopt(handle, CURLOPT_PASSWORD, unescaped(handle, password).c_str());
}

void set_request(Transfer& transfer, const HttpPatience& patience) {
  CURL* handle = transfer.handle;
  curl_easy_setopt(handle, CURLOPT_URL, transfer.request.url.address().c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "tessera");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, static_cast<long>(patience.connecting.count()));
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, kLeastBytesPerSecond);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(patience.stalled.count()));
  curl_easy_setopt(handle, CURLOPT_NOBODY, transfer.request.head ? 1L : 0L);
  if (const auto& range = transfer.request.range) {
    const std::string text = std::to_string(range->offset) + "-" + std::to_string(range->offset + range->bytes - 1);
    curl_easy_setopt(handle, CURLOPT_RANGE, text.c_str());
  }
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
  set_certificates(handle);
}

/// What is no HTTP is the rest of an earlier answer on a connection that was kept.
bool broken_connection(CURLcode code) {
  constexpr CURLcode kCodes[] = {CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT,    CURLE_SSL_CONNECT_ERROR,
                                 CURLE_OPERATION_TIMEDOUT,   CURLE_PARTIAL_FILE,       CURLE_GOT_NOTHING,
                                 CURLE_SEND_ERROR,           CURLE_RECV_ERROR,         CURLE_HTTP2,
                                 CURLE_HTTP2_STREAM,         CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL};
  return std::find(std::begin(kCodes), std::end(kCodes), code) != std::end(kCodes);
}

bool passing_trouble(long status) {
  constexpr long kStatuses[] = {429, 500, 502, 503, 504};
  return std::find(std::begin(kStatuses), std::end(kStatuses), status) != std::end(kStatuses);
}

bool redirects(long status) {
  constexpr long kStatuses[] = {301, 302, 303, 307, 308};
  return std::find(std::begin(kStatuses), std::end(kStatuses), status) != std::end(kStatuses);
}

std::string header(CURL* handle, const char* name) {
  curl_header* found = nullptr;
  return curl_easy_header(handle, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK ? found->value : "";
}

/// A URL from another one on, without its fragment; empty where it is none. What curl itself says is not there after a
/// transfer that was broken off.
std::string redirect_target(const std::string& from, const std::string& location) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), &curl_url_cleanup);
  char* text = nullptr;
  if (!url || curl_url_set(url.get(), CURLUPART_URL, from.c_str(), 0) != CURLUE_OK ||
      curl_url_set(url.get(), CURLUPART_URL, location.c_str(), 0) != CURLUE_OK ||
      curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0) != CURLUE_OK ||
      curl_url_get(url.get(), CURLUPART_URL, &text, 0) != CURLUE_OK) {
    return "";
  }
  std::string result = text;
  curl_free(text);
  return result;
}

/// What one attempt came to: an answer, or why there is none.
struct Attempt {
  HttpAnswer answer = {};
  std::string redirect = {};
  std::string failure = {};
  bool again = false;
};

std::string why_failed(const Transfer& transfer, CURLcode code, const char* details) {
  curl_off_t expected = -1;
  curl_easy_getinfo(transfer.handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &expected);
  if (code == CURLE_PARTIAL_FILE && expected >= 0) {
    return "only " + std::to_string(transfer.body.size()) + " of " + std::to_string(expected) + " bytes";
  }
  return details[0] != '\0' ? details : curl_easy_strerror(code);
}

/// The limit that a body or the headers went beyond.
[[noreturn]] void fail_too_long(const Transfer& transfer, const Place& place) {
  if (transfer.end == End::headers_too_long) {
    fail(place, "at most " + std::to_string(kMostHeaderBytes) + " bytes of headers", "more");
  }
  curl_off_t announced = -1;
  curl_easy_getinfo(transfer.handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
  const Index most = transfer.request.range ? transfer.request.range->bytes : transfer.request.most;
  fail(place, "at most " + std::to_string(most) + " bytes", announced > most ? std::to_string(announced) : "more");
}

Attempt attempt(const HttpRequest& request, const std::vector<std::string>& headers, const HttpPatience& patience,
                const Place& place) {
  const BrokenPipeScope scope;
  Handle handle = HandlePool::instance().take();
  if (!handle) fail(place, "memory for a connection", "none");
  Transfer transfer{request, handle.get()};
  set_request(transfer, patience);
  set_credentials(handle.get(), request.url.user_info);
  HeaderList list(nullptr, &curl_slist_free_all);
  for (const std::string& line : headers) list.reset(curl_slist_append(list.release(), line.c_str()));
  curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, list.get());
  char details[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, details);
  const CURLcode code = curl_easy_perform(handle.get());
  curl_easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, nullptr);

  if (transfer.end == End::too_long || transfer.end == End::headers_too_long) fail_too_long(transfer, place);
  Attempt result;
  if (code != CURLE_OK && transfer.end != End::complete) {
    result.failure = why_failed(transfer, code, details);
    result.again = broken_connection(code);
    return result;
  }
  result.answer.status = transfer.status();
  if (passing_trouble(result.answer.status)) {
    result.failure = status_text(result.answer.status);
    result.again = true;
  } else if (redirects(result.answer.status)) {
    result.redirect = redirect_target(request.url.address(), header(handle.get(), "Location"));
  }
  result.answer.content_range = header(handle.get(), "Content-Range");
  result.answer.etag = header(handle.get(), "ETag");
  result.answer.last_modified = header(handle.get(), "Last-Modified");
  result.answer.body = std::move(transfer.body);
  HandlePool::instance().give_back(std::move(handle));
  return result;
}

/// Before attempt `number` + 1; ranks that fail together do not come back together.
void pause(const HttpPatience& patience, int number) {
  thread_local std::minstd_rand random(std::random_device{}());
  constexpr double kLeast = 0.5, kMost = 1.5;
  const double factor = std::uniform_real_distribution(kLeast, kMost)(random);
  std::this_thread::sleep_for(patience.pause * factor * (1 << std::min(number - 1, 10)));
}

Attempt persistent_attempt(const HttpRequest& request, const std::vector<std::string>& headers,
                           const HttpPatience& patience, const Place& place) {
  for (int number = 1;; ++number) {
    Attempt result = attempt(request, headers, patience, place);
    if (result.failure.empty()) return result;
    if (!result.again) fail(place, "an answer", result.failure);
    if (number >= patience.attempts) {
      fail(place, "an answer", result.failure + " in the last of " + std::to_string(number) + " attempts");
    }
    pause(patience, number);
  }
}

}  // namespace

std::string status_text(long status) { return "HTTP status " + std::to_string(status); }

HttpClient::HttpClient(Url base, const HttpPatience& patience)
    : base_(std::move(base)), patience_(patience), headers_(extra_headers()) {}

HttpAnswer HttpClient::send(const HttpRequest& request, const Place& place) const {
  HttpRequest current = request;
  for (int redirect = 0; redirect <= kMostRedirects; ++redirect) {
    const bool own = current.url.origin() == base_.origin();
    current.url.user_info = own ? base_.user_info : "";
    Attempt result = persistent_attempt(current, own ? headers_ : std::vector<std::string>{}, patience_, place);
    if (!redirects(result.answer.status)) return std::move(result.answer);
    if (!is_url(result.redirect)) fail(place, "a redirect to a URL of HTTP", status_text(result.answer.status));
    const Url target = parse_url(result.redirect);
    if (current.url.scheme == "https" && target.scheme != "https") {
      fail(place, "a redirect that stays on https", target.printable());
    }
    current.url = target;
  }
  fail(place, "at most " + std::to_string(kMostRedirects) + " redirects", "more");
}

}  // namespace tessera
