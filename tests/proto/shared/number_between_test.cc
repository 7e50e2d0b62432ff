#include "proto/shared/number_between.h"

#include <string>

#include "gtest/gtest.h"

namespace fathom {
namespace {

bool Accepts(const std::string& text) {
  CLI::App app;
  double value = 0;
  app.add_option("--value", value)->check(NumberBetween(1, 86400));
  try {
    app.parse("--value=" + text);
  } catch (const CLI::ParseError&) {
    return false;
  }
  return true;
}

TEST(NumberBetweenTest, WhatIsNoNumberIsNotBetween) {
  for (const char* text : {"1", "1.5", "86400", "3e2"}) {
    EXPECT_TRUE(Accepts(text)) << text;
  }
  for (const char* text : {"nan", "-nan", "NaN", "nan(1)", "inf", "-inf", "0.9",
                           "86401", "-5", "1e999", "x", "3s"}) {
    EXPECT_FALSE(Accepts(text)) << text;
  }
}

}  // namespace
}  // namespace fathom
