#include "prediction_figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>

#include "tessera/core/error.hpp"

namespace tessera::cli {

namespace {

constexpr std::size_t kFirstGridAxis = 2;
constexpr std::size_t kMostRows = 4;

/// The arrays' grid axes and what is known of them.
class PredictionGrid {
 public:
  explicit PredictionGrid(const Hdf5File& file) : shape_(file.shape_of("truth")) {
    const Shape predicted = file.shape_of("prediction");
    if (shape_.size() <= kFirstGridAxis || shape_.size() > kFirstGridAxis + 4 || predicted != shape_) {
      throw IoError(
          fmt::format("{}: expected truth and prediction of one shape [sample, channel, grid...], found {} and {}",
                      file.path(), to_string(shape_), to_string(predicted)));
    }
    const std::size_t axes = shape_.size() - kFirstGridAxis;
    const auto read_list = [&]<class Entry>(const char* name, std::vector<Entry>& list) {
      if (file.has_attribute(name)) list = file.read_attribute<std::vector<Entry>>(name);
      if (list.size() != axes) list.clear();
    };
    read_list("axis_names", names_);
    read_list("grid_spacing", spacing_);
    read_list("grid_origin", origin_);
    read_list("axis_units", units_);
    has_time_ = axes == 4 || names_.empty() || names_.back() == "t" || names_.back() == "time";
    if (names_.empty()) {
      names_ = {"x", "y", "z"};
      names_.resize(axes - 1);
      names_.push_back("t");
    }
  }

  const Shape& shape() const { return shape_; }
  std::size_t axes() const { return names_.size(); }
  std::size_t space_axes() const { return axes() - (has_time_ ? 1 : 0); }
  bool has_time() const { return has_time_; }
  Index cells(std::size_t axis) const { return shape_[kFirstGridAxis + axis]; }
  const std::string& name(std::size_t axis) const { return names_[axis]; }
  /// Distance of neighbouring cells; 1 where unknown.
  double spacing(std::size_t axis) const { return spacing_.empty() ? 1.0 : spacing_[axis]; }
  bool points_down(std::size_t axis) const { return names_[axis] == "depth"; }

  /// Of the middle of a cell where the origin is known, else of its beginning.
  double coordinate(std::size_t axis, Index cell) const {
    return (origin_.empty() ? 0.0 : origin_[axis]) + spacing(axis) * static_cast<double>(cell);
  }
  /// "depth = 1005 m"; "z cell 3" where nothing is known but the number.
  std::string place(std::size_t axis, Index cell) const {
    if (spacing_.empty()) return fmt::format("{} cell {}", names_[axis], cell);
    return fmt::format("{} = {}", names_[axis], with_unit(axis, coordinate(axis, cell)));
  }
  /// "t = 365 days"; "t0 + 365" without an origin.
  std::string time_label(Index time) const {
    const std::size_t axis = axes() - 1;
    if (spacing_.empty()) return fmt::format("step {}", time);
    return origin_.empty() ? "t0 + " + with_unit(axis, coordinate(axis, time)) : place(axis, time);
  }

  std::string label(std::size_t axis) const {
    return units_.empty() || units_[axis].empty() ? names_[axis] : fmt::format("{} ({})", names_[axis], units_[axis]);
  }
  FigureAxis figure_axis(std::size_t axis) const {
    const double start = coordinate(axis, 0) - (origin_.empty() ? 0.0 : 0.5 * spacing(axis));
    return {label(axis), ValueRange{start, start + spacing(axis) * static_cast<double>(cells(axis))}};
  }

 private:
  std::string with_unit(std::size_t axis, double value) const {
    const std::string unit = units_.empty() || units_[axis].empty() ? "" : " " + units_[axis];
    return fmt::format("{:.6g}{}", value, unit);
  }

  Shape shape_;
  std::vector<std::string> names_, units_;
  std::vector<double> spacing_, origin_;
  bool has_time_ = false;
};

void require_inside(const char* option, const char* what, Index index, Index count) {
  if (index >= 0 && index < count) return;
  throw ConfigError(fmt::format("--{}: expected a {} from 0 to {}, found {}", option, what, count - 1, index));
}

/// The space axis to cut across, if any.
std::optional<std::size_t> cut_axis(const PredictionGrid& grid, const std::string& wanted) {
  if (wanted.empty()) return grid.space_axes() > 2 ? std::optional(grid.space_axes() - 1) : std::nullopt;
  std::string known;
  for (std::size_t axis = 0; axis < grid.space_axes(); ++axis) {
    if (wanted == grid.name(axis) || wanted == std::to_string(axis)) return axis;
    known += (axis == 0 ? "" : ", ") + grid.name(axis);
  }
  throw ConfigError(fmt::format("--axis: expected one of the space axes {}, found '{}'", known, wanted));
}

Shape chosen_times(const PredictionGrid& grid, const Shape& wanted) {
  const Index count = grid.cells(grid.axes() - 1);
  for (const Index time : wanted) require_inside("times", "time step", time, count);
  if (!wanted.empty()) return wanted;
  const Index rows = std::min(count, static_cast<Index>(kMostRows));
  Shape times;
  for (Index row = 1; row <= rows; ++row) times.push_back(row * count / rows - 1);
  return times;
}

/// Reads parts of one sample and channel.
class SliceReader {
 public:
  SliceReader(const Hdf5File& file, const PredictionGrid& grid, const SliceChoice& choice)
      : file_(file), grid_(grid), box_{Shape(grid.shape().size(), 0), grid.shape()} {
    require_inside("sample", "sample", choice.sample, grid.shape()[0]);
    require_inside("channel", "channel", choice.channel, grid.shape()[1]);
    fix_tensor_axis(0, choice.sample);
    fix_tensor_axis(1, choice.channel);
  }

  void fix(std::size_t axis, Index index) { fix_tensor_axis(kFirstGridAxis + axis, index); }

  /// The values along the axes that are not fixed, row-major.
  std::vector<double> values(const char* array) const {
    std::vector<double> result(static_cast<std::size_t>(box_.volume()));
    file_.read_hyperslab(array, box_, result.data());
    return result;
  }

  /// The plane of two axes; `across` is drawn to the right.
  Field field(const char* array, std::size_t across, std::size_t up) const {
    const Index width = grid_.cells(across), height = grid_.cells(up);
    const std::vector<double> plane = values(array);
    Field field{height, width, std::vector<double>(plane.size())};
    const bool transposed = across < up;
    for (Index row = 0; row < height; ++row) {
      for (Index column = 0; column < width; ++column) {
        const Index from = transposed ? column * height + row : row * width + column;
        field.values[static_cast<std::size_t>(row * width + column)] = plane[static_cast<std::size_t>(from)];
      }
    }
    return field;
  }

 private:
  void fix_tensor_axis(std::size_t axis, Index index) {
    box_.start[axis] = index;
    box_.extent[axis] = 1;
  }

  const Hdf5File& file_;
  const PredictionGrid& grid_;
  Box box_;
};

SliceRow row_of(const SliceReader& reader, std::string label, std::size_t across, std::size_t up) {
  return {std::move(label), reader.field("truth", across, up), reader.field("prediction", across, up)};
}

Canvas plane_figure(const PredictionGrid& grid, const SliceChoice& choice, SliceReader reader,
                    const std::vector<std::size_t>& space, const std::string& title) {
  SliceFigure figure;
  figure.title = title;
  figure.quantity = choice.quantity;
  figure.interpolation = choice.interpolation;
  const std::size_t time = grid.axes() - 1;
  // One space axis is drawn over time.
  const std::size_t across = space.size() == 2 ? space[0] : time;
  const std::size_t up = space.size() == 2 ? space[1] : space[0];
  figure.x = grid.figure_axis(across);
  figure.y = grid.figure_axis(up);
  figure.first_row_on_top = grid.points_down(up);
  if (space.size() == 2 && grid.has_time()) {
    for (const Index step : chosen_times(grid, choice.times)) {
      reader.fix(time, step);
      figure.rows.push_back(row_of(reader, grid.time_label(step), across, up));
    }
  } else {
    figure.rows.push_back(row_of(reader, "", across, up));
  }
  return slice_figure(figure);
}

Canvas line_figure(const PredictionGrid& grid, const SliceChoice& choice, const SliceReader& reader, std::size_t axis,
                   const std::string& title) {
  CurveFigure figure;
  figure.title = title;
  figure.x_name = grid.label(axis);
  figure.y_name = choice.quantity;
  std::vector<double> places(static_cast<std::size_t>(grid.cells(axis)));
  for (std::size_t cell = 0; cell < places.size(); ++cell)
    places[cell] = grid.coordinate(axis, static_cast<Index>(cell));
  figure.series = {{"truth", places, reader.values("truth")}, {"prediction", places, reader.values("prediction")}};
  return curve_figure(figure);
}

}  // namespace

Canvas prediction_figure(const Hdf5File& file, const SliceChoice& choice) {
  const PredictionGrid grid(file);
  SliceReader reader(file, grid, choice);
  std::string title = fmt::format("Sample {}", choice.sample);
  if (grid.shape()[1] > 1) title += fmt::format(", channel {}", choice.channel);
  std::vector<std::size_t> space(grid.space_axes());
  std::iota(space.begin(), space.end(), std::size_t{0});
  if (const auto cut = cut_axis(grid, choice.axis)) {
    const Index index = choice.index < 0 ? grid.cells(*cut) / 2 : choice.index;
    require_inside("index", "cell", index, grid.cells(*cut));
    reader.fix(*cut, index);
    space.erase(space.begin() + static_cast<std::ptrdiff_t>(*cut));
    title += ", " + grid.place(*cut, index);
  }
  const std::size_t time = grid.axes() - 1;
  if (space.size() == 2 || (space.size() == 1 && grid.has_time()))
    return plane_figure(grid, choice, reader, space, title);
  return line_figure(grid, choice, reader, space.empty() ? time : space.front(), title);
}

}  // namespace tessera::cli
