// This file has main() of all tests. A test that runs queries is started again
// for each query, as the programs are; see
// server/store/queries/query_process.h.
#include <optional>

#include "gmock/gmock.h"

namespace fathom::server {

// This function exists only in tests that link the store.
[[gnu::weak]] std::optional<int> AnswerQueryIfAsked(int argc, char** argv);

}  // namespace fathom::server

int main(int argc, char** argv) {
  if (fathom::server::AnswerQueryIfAsked != nullptr) {
    const auto code = fathom::server::AnswerQueryIfAsked(argc, argv);
    if (code) return *code;
  }
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
