#include "proto/shared/log.h"

#include <algorithm>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "nlohmann/json.hpp"

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

constexpr char kParent[] =
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

class JsonLogTest : public ::testing::Test {
 protected:
  JsonLogTest() { SetLogFormat(LogFormat::kJson); }
  ~JsonLogTest() override { SetLogFormat(LogFormat::kText); }

  static std::string Line(const std::string& message,
                          const LogFields& fields = {}) {
    ::testing::internal::CaptureStderr();
    Log(LogLevel::kWarning, message, fields);
    return ::testing::internal::GetCapturedStderr();
  }
  static nlohmann::json Object(const std::string& message,
                               const LogFields& fields = {}) {
    return nlohmann::json::parse(Line(message, fields));
  }
};

TEST_F(JsonLogTest, ALineIsAnObjectWithWhatIsKnown) {
  const nlohmann::json line =
      Object("done", {.sweep = 3, .lease = 7, .traceparent = kParent});
  EXPECT_EQ(line["level"], "warning");
  EXPECT_EQ(line["message"], "done");
  EXPECT_EQ(line["sweep"], 3);
  EXPECT_EQ(line["lease"], 7);
  EXPECT_EQ(line["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(line["span_id"], "00f067aa0ba902b7");
  EXPECT_FALSE(line.contains("worker"));
  EXPECT_FALSE(line.contains("session"));
  EXPECT_THAT(line["time"].get<std::string>(), EndsWith("Z"));
  // What is no trace is not shown as one.
  EXPECT_FALSE(Object("x", {.traceparent = "00-0-0-01"}).contains("trace_id"));
}

TEST_F(JsonLogTest, AScopeSaysWhatItsThreadWorksOn) {
  const LogScope outer({.worker = "w", .session = "s"});
  {
    const LogScope inner({.sweep = 3, .worker = "other"});
    const nlohmann::json line = Object("x", {.lease = 7});
    EXPECT_EQ(line["sweep"], 3);
    EXPECT_EQ(line["lease"], 7);
    EXPECT_EQ(line["worker"], "other");
    EXPECT_EQ(line["session"], "s");
    std::thread([] {
      EXPECT_FALSE(Object("of nobody").contains("sweep"));
    }).join();
  }
  EXPECT_FALSE(Object("x").contains("sweep"));
  EXPECT_EQ(Object("x")["worker"], "w");
}

TEST_F(JsonLogTest, NamesThatOthersChoseStayInTheirField) {
  const std::string name =
      "\"},\n{\"level\":\"error\x1b[2J\xe2\x80\xae\x7f\xc2\x9b";
  const std::string line = Line(name, {.worker = name});
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  for (const char c : line.substr(0, line.size() - 1)) {
    EXPECT_TRUE(c >= ' ' && c < 0x7f) << static_cast<int>(c);
  }
  EXPECT_EQ(nlohmann::json::parse(line)["worker"], name);
  // Bytes that are no text end neither the line nor the program.
  EXPECT_EQ(Object("a\xff"
                   "b\xc3")["message"],
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd");
}

TEST(LogFormatTest, HasTwoNames) {
  EXPECT_EQ(ReadLogFormat("json"), LogFormat::kJson);
  EXPECT_EQ(ReadLogFormat("text"), LogFormat::kText);
  EXPECT_FALSE(ReadLogFormat("JSON").has_value());
  EXPECT_FALSE(ReadLogFormat("").has_value());
}

}  // namespace
}  // namespace fathom
