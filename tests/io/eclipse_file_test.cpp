#include "tessera/io/eclipse_file.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "tessera/core/error.hpp"
#include "tessera/io/eclipse_results.hpp"

namespace tessera {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Writes the format, independently of the reader.
class Bytes {
 public:
  Bytes& number(std::uint64_t value, int size) {
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 0xff);
    return *this;
  }
  Bytes& header(const std::string& keyword, std::uint32_t count, const std::string& type) {
    number(16, 4);
    text += keyword + std::string(8 - keyword.size(), ' ');
    number(count, 4);
    text += type;
    return number(16, 4);
  }
  Bytes& record(const std::string& content) {
    number(content.size(), 4);
    text += content;
    return number(content.size(), 4);
  }
  Bytes& integers(const std::string& keyword, const std::vector<std::int32_t>& values, std::size_t block = 1000) {
    header(keyword, static_cast<std::uint32_t>(values.size()), "INTE");
    for (std::size_t first = 0; first < values.size(); first += block) {
      Bytes content;
      for (std::size_t i = first; i < std::min(first + block, values.size()); ++i) {
        content.number(static_cast<std::uint32_t>(values[i]), 4);
      }
      record(content.text);
    }
    return *this;
  }
  Bytes& doubles(const std::string& keyword, const std::vector<double>& values) {
    header(keyword, static_cast<std::uint32_t>(values.size()), "DOUB");
    Bytes content;
    for (const double value : values) content.number(std::bit_cast<std::uint64_t>(value), 8);
    return record(content.text);
  }
  Bytes& step(std::int32_t report, double days) {
    return integers("SEQNUM", {report}).integers("INTEHEAD", {1, 2, 3}).doubles("DOUBHEAD", {days, 0.0});
  }

  std::string text;
};

EclipseFile file_of(const std::string& bytes) {
  return EclipseFile("case.UNRST", std::make_unique<std::istringstream>(bytes));
}

template <class Body>
std::string error_of(const Body& body) {
  try {
    body();
  } catch (const IoError& error) {
    return error.what();
  }
  return "no error";
}
std::string opening_error(const std::string& bytes) {
  return error_of([&] { file_of(bytes); });
}

TEST(EclipseFile, ReadsEveryType) {
  std::vector<std::int32_t> many(2300);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<std::int32_t>(i) - 7;
  Bytes bytes;
  bytes.integers("MANY", many).doubles("D", {1.5, -2.25}).header("BEGIN", 0, "MESS");
  bytes.header("PERMX", 2, "REAL").record(Bytes().number(0x3fc00000, 4).number(0xc0000000, 4).text);
  bytes.header("NAMES", 2, "CHAR").record("I1      W  2    ").header("LONG", 1, "C012").record("twelve chars");
  bytes.header("FLAG", 1, "LOGI").record(Bytes().number(0xffffffff, 4).text).integers("ODD", {5, 6, 7}, 2);
  const EclipseFile file = file_of(bytes.text);
  EXPECT_EQ(file.arrays().size(), 8U);
  EXPECT_EQ(file.integers(file.array("MANY")), many);
  EXPECT_THAT(file.reals(file.array("D"), 2), ElementsAre(1.5, -2.25));
  EXPECT_THAT(file.reals(file.array("PERMX")), ElementsAre(1.5, -2.0));
  EXPECT_THAT(file.strings(file.array("NAMES")), ElementsAre("I1", "W  2"));
  EXPECT_THAT(file.strings(file.array("LONG")), ElementsAre("twelve chars"));
  EXPECT_THAT(file.integers(file.array("ODD")), ElementsAre(5, 6, 7));
  EXPECT_EQ(file.find("NONE"), nullptr);
  EXPECT_EQ(file.find("MANY", 1), nullptr);
  EXPECT_TRUE(file_of("").arrays().empty());
}

TEST(EclipseFile, WrongQuestionsAreNamed) {
  Bytes bytes;
  bytes.integers("A", {1, 2}).doubles("B", {1.0});
  const EclipseFile file = file_of(bytes.text);
  EXPECT_THAT(error_of([&] { file.array("SGAS"); }), HasSubstr("case.UNRST: expected keyword SGAS, found none"));
  EXPECT_THAT(error_of([&] { file.reals(file.array("A")); }),
              HasSubstr("case.UNRST: keyword 'A': expected type REAL or DOUB, found INTE"));
  EXPECT_THAT(error_of([&] { file.integers(file.array("A"), 3); }), HasSubstr("'A': expected 3 values, found 2"));
  EXPECT_THROW(file.strings(file.array("B")), IoError);
  EXPECT_THROW(file.integers(file.array("B")), IoError);
  EXPECT_THAT(error_of([] { EclipseFile("/nowhere/case.UNRST"); }), HasSubstr("/nowhere/case.UNRST: cannot be opened"));
}

TEST(EclipseFile, EveryTruncationIsAnErrorOrAWholeArrayLess) {
  Bytes bytes;
  bytes.integers("A", {1, 2, 3}, 2).doubles("B", {1.0, 2.0});
  const std::size_t first = Bytes().integers("A", {1, 2, 3}, 2).text.size();
  for (std::size_t size = 1; size < bytes.text.size(); ++size) {
    if (size == first) continue;
    EXPECT_THAT(opening_error(bytes.text.substr(0, size)), HasSubstr("case.UNRST: ")) << size;
  }
}

TEST(EclipseFile, HostileSizesAreErrorsBeforeAnythingIsAllocated) {
  for (const std::uint32_t count : {0x7fffffffU, 0x80000000U, 0xffffffffU, 1000U}) {
    EXPECT_THAT(opening_error(Bytes().header("A", count, "REAL").text), HasSubstr("expected at most the 0 bytes left"));
  }
  EXPECT_THAT(opening_error(Bytes().header("A", 1, "X231").text), HasSubstr("expected type INTE"));
  EXPECT_THAT(opening_error(Bytes().header("A", 1, "C000").text), HasSubstr("expected type INTE"));
  EXPECT_THAT(opening_error("no records at all, but plain text"), HasSubstr("expected a record of 16 bytes"));
  for (const std::uint32_t length : {0U, 6U, 0x7ffffff8U, 0x80000000U, 0xffffffffU}) {
    const std::string bytes = Bytes().header("A", 2, "INTE").number(length, 4).number(0, 8).number(length, 4).text;
    EXPECT_THAT(opening_error(bytes), HasSubstr("expected a record of whole elements and at most 8 bytes")) << length;
  }
  const std::string bytes = Bytes().header("A", 2, "INTE").number(8, 4).number(0, 8).number(4, 4).text;
  EXPECT_THAT(opening_error(bytes), HasSubstr("expected a record's length, 8, again at its end, found 4"));
}

TEST(EclipseResults, StepsAreDividedAtSeqnum) {
  Bytes bytes;
  bytes.step(0, 0.0).doubles("SGAS", {0.0}).step(1, 30.0).doubles("SGAS", {0.5}).step(3, 90.0).doubles("SGAS", {0.75});
  const EclipseFile file = file_of(bytes.text);
  const auto steps = read_eclipse_steps(file);
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[2].report, 3);
  EXPECT_EQ(steps[1].days, 30.0);
  EXPECT_THAT(file.reals(file.array("SGAS", steps[1].first, steps[1].last)), ElementsAre(0.5));
  EXPECT_EQ(file.find("NONE", steps[1].first, steps[1].last), nullptr);
  for (const std::string& damaged :
       {std::string(), Bytes().integers("A", {1}).text, Bytes().integers("SEQNUM", {1, 2}).text,
        Bytes().integers("SEQNUM", {1}).text, Bytes().step(0, 5.0).step(1, 5.0).text, Bytes().step(0, -1.0).text}) {
    const EclipseFile other = file_of(damaged);
    EXPECT_THROW(read_eclipse_steps(other), IoError);
  }
}

TEST(EclipseResults, ActiveCellsAreMapped) {
  const EclipseFile file = file_of(Bytes().integers("GRIDHEAD", {1, 2, 1, 2}).integers("ACTNUM", {1, 0, 0, 1}).text);
  const EclipseGrid grid = read_eclipse_grid(file);
  EXPECT_THAT(grid.extents, ElementsAre(2, 1, 2));
  EXPECT_THAT(grid.active, ElementsAre(0, 3));
  EXPECT_THAT(grid.on_all_cells({5.0, 6.0}, -1.0), ElementsAre(5.0, -1.0, -1.0, 6.0));
  EXPECT_THROW(grid.on_all_cells({5.0}, 0.0), ShapeError);

  const std::string full =
      Bytes().integers("GRIDHEAD", {1, 2, 1, 1}).doubles("ZCORN", std::vector<double>(16, 0.0)).text;
  EXPECT_THAT(read_eclipse_grid(file_of(full)).active, ElementsAre(0, 1));
  for (const auto& header : std::vector<std::vector<std::int32_t>>{
           {1, 2}, {1, 0, 1, 1}, {1, 2, 1, 3}, {1, INT32_MAX, INT32_MAX, INT32_MAX}, {1, -2, -1, 2}}) {
    const std::string bytes = Bytes().integers("GRIDHEAD", header).integers("ACTNUM", {1, 0, 0, 1}).text;
    EXPECT_THROW(read_eclipse_grid(file_of(bytes)), IoError);
    const std::string all_active = Bytes().integers("GRIDHEAD", header).integers("ZCORN", {1, 0, 0, 1}).text;
    EXPECT_THROW(read_eclipse_grid(file_of(all_active)), IoError);
  }
}

}  // namespace
}  // namespace tessera
