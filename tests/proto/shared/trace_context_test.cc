// Headers as https://www.w3.org/TR/trace-context/ has them.
#include "proto/shared/trace_context.h"

#include <string>

#include "gmock/gmock.h"

namespace fathom {
namespace {

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kSpan[] = "00f067aa0ba902b7";

std::string Header(const std::string& version, const std::string& rest = "") {
  return version + "-" + kTrace + "-" + kSpan + "-01" + rest;
}

TEST(TraceContextTest, AValidHeaderIsReadAndWritten) {
  const auto trace = ReadTraceparent(Header("00"));
  ASSERT_TRUE(trace.has_value());
  EXPECT_EQ(trace->trace_id, kTrace);
  EXPECT_EQ(trace->span_id, kSpan);
  EXPECT_TRUE(trace->sampled);
  EXPECT_EQ(trace->ToHeader(), Header("00"));
}

TEST(TraceContextTest, OfTheFlagsOnlyTheOneThatIsDefinedGoesOn) {
  for (const auto& [flags, sampled] : {std::pair{"00", false},
                                       {"01", true},
                                       {"fe", false},
                                       {"ff", true},
                                       {"0b", true},
                                       {"0c", false}}) {
    std::string header = Header("00");
    header.replace(53, 2, flags);
    ASSERT_TRUE(ReadTraceparent(header).has_value()) << flags;
    EXPECT_EQ(ReadTraceparent(header)->sampled, sampled) << flags;
    EXPECT_EQ(ReadTraceparent(header)->ToHeader().substr(53),
              sampled ? "01" : "00");
  }
}

TEST(TraceContextTest, ANewerVersionIsReadAsFarAsThisOneGoes) {
  EXPECT_TRUE(ReadTraceparent(Header("01")).has_value());
  EXPECT_EQ(ReadTraceparent(Header("cc", "-what-the-future-will-be-like"))
                ->ToHeader(),
            Header("00"));
}

TEST(TraceContextTest, WhatIsInvalidIsNone) {
  std::string upper = Header("00");
  upper[3] = 'A';
  std::string no_dash = Header("00");
  no_dash[35] = '_';
  std::string zero_trace = Header("00");
  zero_trace.replace(3, 32, std::string(32, '0'));
  std::string zero_span = Header("00");
  zero_span.replace(36, 16, std::string(16, '0'));
  for (const std::string& header :
       {std::string(), std::string("00"), Header("ff"), Header("0g"),
        Header("00", "-more"), Header("00", "."), Header("01", "x"),
        Header("00").substr(1), upper, no_dash, zero_trace, zero_span,
        std::string(55, '-'), std::string(1 << 20, '0'), " " + Header("00")}) {
    EXPECT_FALSE(ReadTraceparent(header).has_value()) << header.substr(0, 80);
  }
}

}  // namespace
}  // namespace fathom
