#ifndef FATHOM_TESTS_TESTING_STATUS_MATCHERS_H_
#define FATHOM_TESTS_TESTING_STATUS_MATCHERS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"

namespace fathom::test {

inline const absl::Status& GetStatus(const absl::Status& status) {
  return status;
}
template <typename T>
const absl::Status& GetStatus(const absl::StatusOr<T>& result) {
  return result.status();
}

// These matchers are our own, because Abseil 20220623 has none for Status.
MATCHER(IsOk, "is OK") {
  const absl::Status& status = GetStatus(arg);
  *result_listener << status.ToString();
  return status.ok();
}
MATCHER_P(StatusIs, code, absl::StatusCodeToString(code)) {
  const absl::Status& status = GetStatus(arg);
  *result_listener << status.ToString();
  return status.code() == code;
}
MATCHER_P2(StatusIs, code, message, absl::StatusCodeToString(code)) {
  const absl::Status& status = GetStatus(arg);
  *result_listener << status.ToString();
  return status.code() == code &&
         ::testing::ExplainMatchResult(message, std::string(status.message()),
                                       result_listener);
}

}  // namespace fathom::test

#define ASSERT_OK(expr) ASSERT_THAT(expr, ::fathom::test::IsOk())
#define EXPECT_OK(expr) EXPECT_THAT(expr, ::fathom::test::IsOk())

#endif  // FATHOM_TESTS_TESTING_STATUS_MATCHERS_H_
