// These tests are about a coordinator that runs out of descriptors, and gets
// them back.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/cluster.h"

namespace fathom {
namespace {

using ::fathom::test::Cluster;

class DescriptorsTest : public Cluster {
 protected:
  // Leaves this process, which client and coordinator share, `more` descriptors
  // beyond those that are open.
  void Allow(int more) {
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before_), 0);
    const int next = dup(0);
    close(next);
    rlimit limit = before_;
    limit.rlim_cur = next + more;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  }
  void TearDown() override {
    setrlimit(RLIMIT_NOFILE, &before_);
    Cluster::TearDown();
  }

  // Opens a connection on which nothing is said. Returns -1 when there is no
  // descriptor.
  int Connect() const {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) return -1;
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(
        connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }

  // Returns whether gRPC has taken a connection: it greets one that it has
  // taken, and ends one that it refuses.
  static bool IsTaken(int fd) {
    pollfd polled = {fd, POLLIN, 0};
    char byte;
    return poll(&polled, 1, 60'000) == 1 && recv(fd, &byte, 1, MSG_PEEK) == 1;
  }

  rlimit before_ = {};
};

TEST_F(DescriptorsTest, ConnectionsAreRefusedBeforeTheyAreAllGone) {
  StartServer();
  Allow(400);
  std::vector<int> taken;
  bool refused = false;
  while (!refused) {
    const int fd = Connect();
    ASSERT_GE(fd, 0) << "the last descriptor is gone";
    refused = !IsTaken(fd);
    refused ? static_cast<void>(close(fd)) : taken.push_back(fd);
  }
  EXPECT_GT(taken.size(), 100u);
  // There is still room for the ledger, and for clients that are connected
  // already.
  EXPECT_OK(client_->ListSweeps());

  for (const int fd : taken) close(fd);
  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  bool again = false;
  while (!again && absl::Now() < deadline) {
    const int fd = Connect();
    again = fd >= 0 && IsTaken(fd);
    close(fd);
  }
  EXPECT_TRUE(again);
}

}  // namespace
}  // namespace fathom
