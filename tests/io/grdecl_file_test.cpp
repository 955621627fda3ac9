#include "tessera/io/grdecl_file.hpp"

#include <gmock/gmock.h>

#include "tessera/core/error.hpp"

namespace tessera {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string error_of(const std::string& text, const std::string& keyword, Index expected) {
  try {
    GrdeclFile("model.grdecl", text).values(keyword, expected);
  } catch (const IoError& error) {
    return error.what();
  }
  return "no error";
}

TEST(GrdeclFile, ReadsValuesRepeatsAndComments) {
  const GrdeclFile file("a",
                        "-- a model\nNOECHO\nSPECGRID\n 2 3 2 1 F /\n\nPERMX -- milli-darcy\n 3*100. 2.5D1 +7 -- five\n"
                        "1e2 -3/ the rest is ignored 99\nFAULTS\n'F1' 1 1 1 2 1 1 I /\n 'F 2' 1 1 1 2 1 1 I /\n/\n"
                        "PORO 1*0.25 0.5 /\nECHO\n");
  EXPECT_EQ(file.extents(), (Shape{2, 3, 2}));
  EXPECT_THAT(file.values("PERMX", 7), ElementsAre(100, 100, 100, 25, 7, 100, -3));
  EXPECT_THAT(file.values("PORO", 2), ElementsAre(0.25, 0.5));
  EXPECT_THAT(file.keywords(), ElementsAre("NOECHO", "SPECGRID", "PERMX", "FAULTS", "PORO", "ECHO"));
  EXPECT_TRUE(file.has("FAULTS"));
  EXPECT_FALSE(file.has("COORD"));
}

TEST(GrdeclFile, TheLastAppearanceCountsAndLinesMayEndWithCarriageReturns) {
  const GrdeclFile file("a", "PERMX\r\n 1 2 /\r\nPERMX\r\n 3\r\n 4\r\n/\r\n");
  EXPECT_THAT(file.values("PERMX", 2), ElementsAre(3, 4));
}

TEST(GrdeclFile, ErrorsNameFileAndLine) {
  EXPECT_THAT(error_of("PORO\n 1 /\n", "PERMX", 1), HasSubstr("model.grdecl: expected keyword PERMX, found none"));
  EXPECT_THAT(error_of("PERMX\n 1 2\n 3 x4 /\n", "PERMX", 4),
              HasSubstr("model.grdecl:3: PERMX: expected a number or count*number, found 'x4'"));
  EXPECT_THAT(error_of("PERMX\n 1 2 /\n", "PERMX", 3), HasSubstr("model.grdecl:2: PERMX: expected 3 values, found 2"));
  EXPECT_THAT(error_of("PERMX\n 1 2\n3 /\n", "PERMX", 2),
              HasSubstr("model.grdecl:3: PERMX: expected 2 values, found mo"));
  EXPECT_THAT(error_of("PERMX\n 1 2\nPORO\n 3 /\n", "PERMX", 2), HasSubstr("model.grdecl:3: PERMX: expected a slash"));
  EXPECT_THAT(error_of("PERMX\n 1 2\n", "PERMX", 2), HasSubstr("model.grdecl:1: PERMX: expected a slash"));
  for (const char* word : {"1000000000000*5", "9223372036854775807*5"}) {
    EXPECT_THAT(error_of("PERMX\n " + std::string(word) + " /\n", "PERMX", 8), HasSubstr("expected 8 values"));
  }
  for (const char* word :
       {"99999999999999999999*5", "0*5", "-1*5", "3*", "*5", "2*3*4", "nan", "1e999", "1,5", "1.5*2"}) {
    EXPECT_THAT(error_of("PERMX\n " + std::string(word) + " /\n", "PERMX", 8), HasSubstr("expected a number")) << word;
  }
}

TEST(GrdeclFile, ExtentsMustBePositiveAndFit) {
  for (const char* text :
       {"SPECGRID\n 2 0 2 /\n", "SPECGRID\n 2 3 /\n", "SPECGRID\n", "DIMENS\n 2 3 99999999999 /\n"}) {
    EXPECT_THROW(GrdeclFile("a", text).extents(), IoError) << text;
  }
  EXPECT_THROW(GrdeclFile("a", "PORO\n/\n").extents(), IoError);
  EXPECT_THROW(GrdeclFile("/nowhere/model.grdecl"), IoError);
}

}  // namespace
}  // namespace tessera
