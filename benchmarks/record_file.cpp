#include "record_file.hpp"

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tessera/core/error.hpp"

namespace tessera::bench {

namespace {

using Json = nlohmann::ordered_json;

std::string scaled(double value, const char* const* units, double step, int count) {
  int unit = 0;
  while (unit + 1 < count && value >= step) {
    value /= step;
    ++unit;
  }
  char text[48];
  std::snprintf(text, sizeof text, "%.*f %s", value < 10 ? 2 : value < 100 ? 1 : 0, value, units[unit]);
  return text;
}

std::string describe(const Field& field) {
  return std::visit(
      [](const auto& value) -> std::string {
        using T = std::decay_t<decltype(value)>;
        std::ostringstream text;
        text.precision(4);
        if constexpr (std::is_same_v<T, Shape>) {
          text << joined(value);
        } else if constexpr (std::is_same_v<T, std::vector<double>>) {
          for (std::size_t i = 0; i < value.size(); ++i) text << (i == 0 ? "" : "..") << value[i];
        } else if constexpr (std::is_same_v<T, bool>) {
          text << (value ? "yes" : "no");
        } else {
          text << value;
        }
        return text.str();
      },
      field);
}

Json to_json(const RunInfo& run, const Record& record) {
  Json json;
  json["name"] = record.name;
  json["ranks"] = record.ranks;
  if (record.error.empty()) {
    json["median_s"] = record.median_s;
    json["ci95_s"] = {record.ci95_s.low, record.ci95_s.high};
    json["times_s"] = record.times_s;
    json["bytes_sent"] = record.bytes_sent;
  } else {
    json["error"] = record.error;
  }
  json["peak_rss_bytes"] = record.peak_rss_bytes;
  json["rss_before_bytes"] = record.rss_before_bytes;
  json["device"] = run.device.kind;
  if (run.device.kind != "cpu") {
    json["device_name"] = run.device.name;
    json["route"] = run.device.route;
    json["peak_device_bytes"] = record.peak_device_bytes;
  }
  json["repeats"] = run.options.repeats;
  json["warmup"] = run.options.warmup;
  for (const auto& [name, field] : record.fields) std::visit([&](const auto& value) { json[name] = value; }, field);
  json["program"] = run.program;
  json["command"] = run.options.command;
  json["commit"] = commit();
  json["started"] = run.started;
  json["machine"] = {{"processor", run.machine.processor},
                     {"cores", run.machine.cores},
                     {"memory_bytes", run.machine.memory_bytes},
                     {"mpi", run.machine.mpi},
                     {"compiler", run.machine.compiler}};
  return json;
}

}  // namespace

void write_records(const std::string& path, const RunInfo& run, const std::vector<Record>& records) {
  Json array = Json::array();
  for (const Record& record : records) array.push_back(to_json(run, record));
  const std::string temporary = path + ".tmp";
  std::ofstream file(temporary);
  file << array.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  file.close();
  if (!file || std::rename(temporary.c_str(), path.c_str()) != 0) {
    std::remove(temporary.c_str());
    throw IoError("--json: " + path + " cannot be written");
  }
}

std::string describe(const Fields& fields) {
  std::string text;
  for (const auto& [name, field] : fields) text += (text.empty() ? "" : ", ") + name + " " + describe(field);
  return text;
}

std::string format_seconds(double seconds) {
  static constexpr const char* kUnits[] = {"us", "ms", "s"};
  return scaled(seconds * 1e6, kUnits, 1000.0, 3);
}

std::string format_bytes(double bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB"};
  return scaled(bytes, kUnits, 1024.0, 4);
}

}  // namespace tessera::bench
