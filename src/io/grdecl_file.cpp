#include "tessera/io/grdecl_file.hpp"

#include <cctype>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <utility>

#include "tessera/core/error.hpp"

namespace tessera {

namespace {

constexpr std::size_t kMaxShown = 40;

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

/// A piece of a file of unknown origin, fit for a message.
std::string shown(std::string_view text) {
  std::string result = "'";
  for (const char c : text.substr(0, kMaxShown)) result += std::isprint(static_cast<unsigned char>(c)) != 0 ? c : '?';
  return result + (text.size() > kMaxShown ? "...'" : "'");
}

/// A line without its comment.
std::string_view without_comment(std::string_view line) { return line.substr(0, line.find("--")); }

/// Hands out the words of a text, line by line; a slash is a word of its own.
class Words {
 public:
  Words(std::string_view text, Index line) : rest_(text), line_number_(line) { take_line(); }

  Index line() const { return line_number_; }
  /// The next word; empty at the end of the text.
  std::string_view next() {
    for (;;) {
      while (!line_.empty() && is_space(line_.front())) line_.remove_prefix(1);
      if (!line_.empty()) break;
      if (rest_.empty()) return {};
      ++line_number_;
      take_line();
      at_line_start_ = true;
    }
    std::size_t length = 1;
    if (line_.front() != '/') {
      while (length < line_.size() && !is_space(line_[length]) && line_[length] != '/') ++length;
    }
    const std::string_view word = line_.substr(0, length);
    starts_line_ = at_line_start_ && word.data() == line_begin_;
    at_line_start_ = false;
    line_.remove_prefix(length);
    return word;
  }
  /// Whether the last word began in the first column.
  bool starts_line() const { return starts_line_; }

 private:
  void take_line() {
    const std::size_t end = rest_.find('\n');
    line_ = without_comment(rest_.substr(0, end));
    line_begin_ = line_.data();
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  }

  std::string_view rest_, line_;
  const char* line_begin_ = nullptr;
  Index line_number_;
  /// The text begins behind a keyword.
  bool at_line_start_ = false, starts_line_ = false;
};

/// The whole word as a number; false when it is none. Fortran's exponent letter D counts as E, a plus sign may lead.
bool parse(std::string_view word, double& value) {
  std::string plain(word);
  for (char& c : plain) {
    if (c == 'd' || c == 'D') c = 'e';
  }
  const char* begin = plain.data() + (plain.starts_with('+') ? 1 : 0);
  const char* end = plain.data() + plain.size();
  const auto [stop, error] = std::from_chars(begin, end, value);
  return error == std::errc{} && stop == end && std::isfinite(value);
}

bool parse(std::string_view word, Index& value) {
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc{} && stop == word.data() + word.size();
}

std::string contents(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw IoError(path + ": cannot be opened");
  std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (stream.bad()) throw IoError(path + ": cannot be read");
  return text;
}

}  // namespace

GrdeclFile::GrdeclFile(const std::string& path) : GrdeclFile(path, contents(path)) {}

GrdeclFile::GrdeclFile(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)) { scan(); }

void GrdeclFile::scan() {
  Index line = 1;
  for (std::size_t position = 0; position < text_.size(); ++line) {
    std::size_t end = text_.find('\n', position);
    if (end == std::string::npos) end = text_.size();
    if (is_letter(text_[position])) {
      std::size_t stop = position;
      while (stop < end && std::isalnum(static_cast<unsigned char>(text_[stop])) != 0) ++stop;
      sections_.push_back({text_.substr(position, stop - position), stop, line});
    }
    position = end + 1;
  }
}

const GrdeclFile::Section* GrdeclFile::find(const std::string& keyword) const {
  for (auto section = sections_.rbegin(); section != sections_.rend(); ++section) {
    if (section->keyword == keyword) return &*section;
  }
  return nullptr;
}

std::vector<std::string> GrdeclFile::keywords() const {
  std::vector<std::string> result;
  for (const Section& section : sections_) result.push_back(section.keyword);
  return result;
}

std::vector<double> GrdeclFile::values(const std::string& keyword, Index expected) const {
  const Section* section = find(keyword);
  if (section == nullptr) throw IoError(name_ + ": expected keyword " + keyword + ", found none");
  std::vector<double> result;
  Words words(std::string_view(text_).substr(section->begin), section->line);
  for (std::string_view word = words.next(); word != "/"; word = words.next()) {
    if (word.empty()) fail(section->line, keyword + ": expected a slash after its values, found the end of the file");
    if (words.starts_line() && is_letter(word.front())) {
      fail(words.line(), keyword + ": expected a slash after its values, found " + shown(word));
    }
    Index count = 1;
    double value = 0.0;
    const std::size_t star = word.find('*');
    const bool repeated = star != std::string_view::npos;
    if ((repeated && (!parse(word.substr(0, star), count) || count < 1)) ||
        !parse(repeated ? word.substr(star + 1) : word, value)) {
      fail(words.line(), keyword + ": expected a number or count*number, found " + shown(word));
    }
    if (count > expected - static_cast<Index>(result.size())) {
      fail(words.line(), keyword + ": expected " + std::to_string(expected) + " values, found more");
    }
    result.insert(result.end(), static_cast<std::size_t>(count), value);
  }
  if (static_cast<Index>(result.size()) != expected) {
    fail(words.line(),
         keyword + ": expected " + std::to_string(expected) + " values, found " + std::to_string(result.size()));
  }
  return result;
}

Shape GrdeclFile::extents() const {
  const Section* section = find("SPECGRID");
  if (section == nullptr) section = find("DIMENS");
  if (section == nullptr) throw IoError(name_ + ": expected keyword SPECGRID or DIMENS, found neither");
  Words words(std::string_view(text_).substr(section->begin), section->line);
  Shape extents(3);
  for (Index& extent : extents) {
    const std::string_view word = words.next();
    if (!parse(word, extent) || extent < 1 || extent > INT32_MAX) {
      fail(words.line(), section->keyword + ": expected three positive whole numbers, found " + shown(word));
    }
  }
  return extents;
}

void GrdeclFile::fail(Index line, const std::string& what) const {
  throw IoError(name_ + ":" + std::to_string(line) + ": " + what);
}

}  // namespace tessera
