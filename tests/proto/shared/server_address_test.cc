#include "proto/shared/server_address.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace fathom {
namespace {

using test::StatusIs;

TEST(ServerAddressTest, OnlyAHostAndAPortAreAnAddress) {
  for (const char* address :
       {"127.0.0.1:7373", "localhost:1", "lab.example.org:65535", "[::1]:7373",
        "[fe80::1%eth0]:7373", "my_machine-2:7373"}) {
    EXPECT_OK(CheckServerAddress(address)) << address;
  }
  for (const char* address : {"",
                              "lab.example.org",
                              ":7373",
                              "host:",
                              "host:0",
                              "host:99999",
                              "host:-1",
                              "host:+1",
                              "host: 1",
                              "host:http",
                              "host/",
                              "host/:1",
                              "http://host:7373",
                              " host:7373",
                              "user@host:7373",
                              "host:7373/x",
                              "::1:7373",
                              "[::1]",
                              "[]:7373",
                              "[host]:7373",
                              "[::1:7373",
                              "::1]:7373",
                              "ho st:7373",
                              ":",
                              "h\x1b:7373"}) {
    EXPECT_THAT(CheckServerAddress(address),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << address;
  }
}

TEST(ServerAddressTest, ANameThatNobodyHasIsToldFromSilence) {
  EXPECT_OK(CheckServerHost("127.0.0.1:7373"));
  EXPECT_OK(CheckServerHost("[::1]:7373"));
  EXPECT_THAT(CheckServerHost("no-such-host.invalid:7373"),
              StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace fathom
