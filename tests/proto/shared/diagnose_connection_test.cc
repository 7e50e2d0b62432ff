// What the probe of a connection meets.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "proto/shared/credentials.h"

namespace fathom {
namespace {

// Accepts connections on a free port of loopback and closes each at once with a
// reset, as a tunnel does whose far end is down.
class ClosingListener {
 public:
  ClosingListener() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 8), 0);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      const linger reset = {1, 0};
      for (int fd = accept(fd_, nullptr, nullptr); fd >= 0;
           fd = accept(fd_, nullptr, nullptr)) {
        // An end first, then a reset: whoever writes after both gets SIGPIPE.
        shutdown(fd, SHUT_WR);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        close(fd);
      }
    });
  }
  ~ClosingListener() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    close(fd_);
  }
  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  const int fd_;
  int port_ = 0;
  std::thread thread_;
};

TEST(DiagnoseConnectionTest, AConnectionThatIsClosedAtOnceEndsNoProgram) {
  ASSERT_EQ(std::signal(SIGPIPE, SIG_DFL), SIG_DFL);
  const ClosingListener listener;
  // Whether the close comes before or amid the handshake is up to the machine.
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(DiagnoseConnection(listener.address(), {}, absl::Seconds(2)), "");
  }
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  EXPECT_EQ(sigismember(&mask, SIGPIPE), 0);
}

}  // namespace
}  // namespace fathom
