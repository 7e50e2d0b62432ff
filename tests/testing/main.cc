// main() of all tests. Those that run queries are started again for each, as
// the programs are: see server/store/query_process.h.
#include <optional>

#include "gmock/gmock.h"

namespace fathom {

// Only where the store is linked.
[[gnu::weak]] std::optional<int> AnswerQueryIfAsked(int argc, char** argv);

}  // namespace fathom

int main(int argc, char** argv) {
  if (fathom::AnswerQueryIfAsked != nullptr) {
    if (const auto code = fathom::AnswerQueryIfAsked(argc, argv)) return *code;
  }
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
