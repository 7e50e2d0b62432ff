// main() of all tests. Those that run queries are started again for each, as
// the programs are: see server/store/queries/query_process.h.
#include <optional>

#include "gmock/gmock.h"

namespace fathom::server {

// Only where the store is linked.
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
