#include "proto/shared/log.h"

#include <string>

#include "gmock/gmock.h"

namespace fathom {
namespace {

using ::testing::EndsWith;

std::string Logged(const std::string& message) {
  ::testing::internal::CaptureStderr();
  Log(LogLevel::kInfo, message);
  return ::testing::internal::GetCapturedStderr();
}

TEST(LogTest, AMessageIsOneLine) {
  EXPECT_THAT(Logged("one\ntwo\r"), EndsWith("Z I one\\ntwo\\x0d\n"));
}

TEST(LogTest, NothingThatOthersNamedCommandsTheTerminal) {
  EXPECT_THAT(Logged(std::string("\x1b]0;x\x07 \0 \x0b", 10)),
              EndsWith("I \\x1b]0;x\\x07 \\x00 \\x0b\n"));
  // A control character above 0x7f, one that turns the direction of writing,
  // and a byte that is no text.
  const std::string line = Logged(
      "\xc2\x9b"
      "2J \xe2\x80\xae \xff");
  for (const char* raw : {"\xc2\x9b", "\xe2\x80\xae", "\xff"}) {
    EXPECT_EQ(line.find(raw), std::string::npos) << line;
  }
  EXPECT_THAT(Logged("gr\xc3\xb6\xc3\x9f\x65"),
              EndsWith("gr\xc3\xb6\xc3\x9f\x65\n"));
}

}  // namespace
}  // namespace fathom
