#include "settings.hpp"

#include <cstdio>
#include <cstdlib>

#include "fail.hpp"

namespace tessera::emulation {

namespace {

std::string text_of(const char* variable, const char* otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? text : otherwise;
}

[[noreturn]] void refuse(const std::string& variable, const std::string& expected, const std::string& found) {
  fail(variable + ": expected " + expected + ", found '" + found + "'");
}

int read_devices() {
  const char* variable = "TESSERA_EMULATED_DEVICES";
  const std::string text = text_of(variable, "1");
  char* end = nullptr;
  const long devices = std::strtol(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || devices < 0 || devices > 64) refuse(variable, "0 to 64", text);
  return static_cast<int>(devices);
}

Order read_order() {
  const char* variable = "TESSERA_EMULATION_ORDER";
  const std::string text = text_of(variable, "forward");
  if (text == "forward") return Order::forward;
  if (text == "reverse") return Order::reverse;
  if (text == "random") return Order::random;
  refuse(variable, "forward, reverse or random", text);
}

bool read_guard() {
  const char* variable = "TESSERA_EMULATION_GUARD";
  const std::string text = text_of(variable, "1");
  if (text != "0" && text != "1") refuse(variable, "0 or 1", text);
  return text == "1";
}

}  // namespace

const Settings& settings() {
  static const Settings found = {read_devices(), read_order(), read_guard()};
  return found;
}

void fail(const std::string& message) {
  std::fprintf(stderr, "emulated device: %s\n", message.c_str());
  std::abort();
}

}  // namespace tessera::emulation
