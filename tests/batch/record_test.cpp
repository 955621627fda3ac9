#include "tessera/batch/record.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tessera::batch {
namespace {

Record read_back(const Record& record) { return Record::from_json(record.to_json(), "test"); }

TEST(Record, ComesBackFromJsonWithTheSameTypes) {
  const Record record{{"flag", true},
                      {"count", Index{1} << 60},
                      {"third", 1.0 / 3.0},
                      {"whole", 2.0},
                      {"text", "a \"quoted\" line\nand another, with äöü"},
                      {"extents", Shape{16, 16, 8}},
                      {"numbers", std::vector<double>{0.1, -2e300, 5e-324}},
                      {"words", std::vector<std::string>{"a", ""}},
                      {"field", Reference{"00ff", 12}}};
  EXPECT_EQ(read_back(record), record);
  EXPECT_EQ(record.to_json().find('\n'), std::string::npos);
}

TEST(Record, KeepsNumbersThatJsonLacks) {
  const double infinity = std::numeric_limits<double>::infinity();
  const Record record = read_back({{"nan", std::nan("")}, {"list", std::vector<double>{infinity, 1.5, -infinity}}});
  EXPECT_TRUE(std::isnan(record.get<double>("nan")));
  EXPECT_EQ(record.get<std::vector<double>>("list"), (std::vector<double>{infinity, 1.5, -infinity}));
}

TEST(Record, ReadsIntegersAsNumbersAndSingleValuesAsLists) {
  const Record record{{"n", 3}, {"word", "x"}, {"extents", Shape{1, 2}}};
  EXPECT_EQ(record.get<double>("n"), 3.0);
  EXPECT_EQ(record.get<Shape>("n"), Shape{3});
  EXPECT_EQ(record.get<std::vector<double>>("extents"), (std::vector<double>{1.0, 2.0}));
  EXPECT_EQ(record.get<std::vector<std::string>>("word"), std::vector<std::string>{"x"});
  EXPECT_EQ(record.get<Index>("absent", 7), 7);
  EXPECT_EQ(read_back({{"none", std::vector<std::string>{}}}).get<std::vector<std::string>>("none").size(), 0U);
}

TEST(Record, SaysWhatIsMissingOrOfAnotherType) {
  const Record record{{"n", 3}, {"word", "x"}};
  try {
    record.get<double>("m");
    FAIL();
  } catch (const ArgumentError& error) {
    EXPECT_STREQ(error.what(), "record: no value 'm' among: n, word");
  }
  try {
    record.get<double>("word");
    FAIL();
  } catch (const ArgumentError& error) {
    EXPECT_STREQ(error.what(), "record: expected 'word' to be a number, found a string");
  }
  EXPECT_THROW(record.get<bool>("n"), ArgumentError);
}

TEST(Record, RefusesTextThatIsNoRecord) {
  for (const char* text : {"", "[1]", "{\"a\": null}", "{\"a\": [1, \"b\"]}", "{\"a\": {\"b\": 1}}", "{\"a\": 1", "3",
                           "{\"a\": [[1]]}", "{\"a\": {\"broadcast\": 1, \"bytes\": 2}}"}) {
    EXPECT_THROW(Record::from_json(text, "test"), IoError) << text;
  }
  EXPECT_THROW(Record::from_json(std::string(100000, '['), "test"), IoError);
}

TEST(Record, WritesValuesAsWordsOfACommand) {
  EXPECT_EQ(to_string(Value{0.1}), "0.1");
  EXPECT_EQ(to_string(Value{Index{12}}), "12");
  EXPECT_EQ(to_string(Value{true}), "true");
  EXPECT_EQ(to_string(Value{Shape{4, 5}}), "4,5");
  EXPECT_EQ(to_string(Value{std::vector<double>{0.5, 2}}), "0.5,2.0");
  EXPECT_EQ(to_string(Value{"a b"}), "a b");
}

}  // namespace
}  // namespace tessera::batch
