#include "client/ui/http/pipe.h"

#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using test::StatusIs;

TEST(PipeTest, NothingIsWrittenFarAheadOfItsReader) {
  constexpr size_t kBytes = 1 << 20;
  Pipe pipe([] {});
  absl::Notification written;
  std::thread writer([&] {
    EXPECT_OK(pipe.Write(std::string(kBytes, 'x')));
    written.Notify();
  });
  EXPECT_FALSE(written.WaitForNotificationWithTimeout(absl::Milliseconds(100)));
  size_t read = 0;
  while (read < kBytes) {
    const std::string piece = pipe.Take();
    EXPECT_LE(piece.size(), size_t{64} << 10);
    read += piece.size();
  }
  writer.join();
  EXPECT_EQ(read, kBytes);
}

TEST(PipeTest, AWriterHearsWhenNobodyReadsAnyMore) {
  Pipe pipe([] {});
  std::thread writer([&] {
    EXPECT_THAT(pipe.Write(std::string(1 << 20, 'x')),
                StatusIs(absl::StatusCode::kUnavailable));
  });
  pipe.Cut();
  writer.join();
  EXPECT_EQ(pipe.Take(), "");
}

TEST(PipeTest, TheEndComesAfterAllBytesAndIsTold) {
  int told = 0;
  Pipe pipe([&] { ++told; });
  ASSERT_OK(pipe.Write("ab"));
  ASSERT_OK(pipe.Write("cd"));
  EXPECT_EQ(told, 1);
  pipe.Finish(absl::InternalError("the disk"));
  EXPECT_EQ(told, 2);
  EXPECT_FALSE(pipe.end().has_value());
  EXPECT_EQ(pipe.Take(), "abcd");
  ASSERT_TRUE(pipe.end().has_value());
  EXPECT_THAT(*pipe.end(), StatusIs(absl::StatusCode::kInternal));
}

}  // namespace
}  // namespace fathom::client
