#include "history_figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "setting_value.hpp"
#include "tessera/core/error.hpp"

namespace tessera::cli {

namespace {

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells(1);
  for (const char letter : line) {
    if (letter == ',') {
      cells.emplace_back();
    } else if (letter != '\r') {
      cells.back() += letter;
    }
  }
  return cells;
}

bool is_loss(const std::string& column) {
  return column.ends_with("loss") || column.ends_with("relative_l2") || column.ends_with("mse");
}

double number_of(const std::string& cell, const std::string& path, Index line) {
  const auto value = parse_value(cell, Value(0.0));
  if (!value) throw IoError(fmt::format("{}:{}: expected a number, found '{}'", path, line, cell));
  return std::get<double>(*value);
}

}  // namespace

Canvas history_figure(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line)) {
    throw IoError(fmt::format("{}: expected the history of a training run, found no text that can be read", path));
  }
  const std::vector<std::string> columns = split(line);
  const auto epoch_column = std::find(columns.begin(), columns.end(), "epoch");
  if (epoch_column == columns.end() || std::none_of(columns.begin(), columns.end(), is_loss)) {
    throw IoError(fmt::format("{}:1: expected the columns epoch and train_loss, found '{}'", path, line));
  }
  const auto epoch_index = static_cast<std::size_t>(epoch_column - columns.begin());
  std::vector<CurveSeries> series(columns.size());
  for (Index number = 2; std::getline(file, line); ++number) {
    const std::vector<std::string> cells = split(line);
    if (cells.size() != columns.size()) {
      throw IoError(fmt::format("{}:{}: expected {} values, found {}", path, number, columns.size(), cells.size()));
    }
    const double epoch = number_of(cells[epoch_index], path, number);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (!is_loss(columns[i]) || cells[i].empty()) continue;
      series[i].name = columns[i];
      series[i].x.push_back(epoch);
      series[i].y.push_back(number_of(cells[i], path, number));
    }
  }
  std::erase_if(series, [](const CurveSeries& curve) { return curve.x.empty(); });
  if (series.empty()) throw IoError(fmt::format("{}: expected at least one epoch, found none", path));
  CurveFigure figure;
  figure.title = "Training";
  figure.x_name = "epoch";
  figure.y_name = "loss";
  figure.series = std::move(series);
  figure.logarithmic = true;
  return curve_figure(figure);
}

}  // namespace tessera::cli
