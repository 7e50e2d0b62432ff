#include "server/acceptor.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "proto/shared/log.h"

namespace fathom::server {
namespace {

// The number of file descriptors that connections leave to the ledger, to reads
// and to uploads. At most a quarter of all descriptors is kept back.
constexpr rlim_t kReserve = 256;

// How long the thread waits when the system has no room for a connection.
constexpr int kNoRoomMs = 100;

// How often the log may say that connections are refused.
constexpr absl::Duration kLogPeriod = absl::Seconds(10);

// How long sent data may stay unacknowledged before a connection is closed.
constexpr int kUnheardMs = 20'000;

void SetOption(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof(value));
}

// Returns the port that the socket is bound to, 0 when that cannot be told.
int PortOf(int fd) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return 0;
  }
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                   : reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

// Returns a listening socket, or -1 with `errno` set.
int ListenOn(const addrinfo& info, int port) {
  sockaddr_storage address = {};
  std::memcpy(&address, info.ai_addr, info.ai_addrlen);
  (info.ai_family == AF_INET6
       ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
       : reinterpret_cast<sockaddr_in*>(&address)->sin_port) =
      htons(static_cast<uint16_t>(port));
  const int fd =
      socket(info.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  SetOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  // A socket on [::] takes IPv4 connections as well.
  if (info.ai_family == AF_INET6) SetOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), info.ai_addrlen) == 0 &&
      listen(fd, SOMAXCONN) == 0) {
    return fd;
  }
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Listen(
    const std::string& address) {
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (const int code = getaddrinfo(
          host.c_str(), address.substr(colon + 1).c_str(), &hints, &found);
      code != 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address, ": ", gai_strerror(code)));
  }
  std::unique_ptr<Acceptor> acceptor(new Acceptor);
  int error = 0;
  // `localhost` may stand for two addresses, of which this machine may have
  // only one.
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(info->ai_addr);
    const int port =
        acceptor->port_ != 0 ? acceptor->port_ : ntohs(v4->sin_port);
    const int fd = ListenOn(*info, port);
    if (fd < 0) {
      error = errno;
      continue;
    }
    acceptor->listeners_.push_back(fd);
    acceptor->port_ = PortOf(fd);
  }
  freeaddrinfo(found);
  acceptor->wake_ = eventfd(0, EFD_CLOEXEC);
  if (acceptor->wake_ < 0) error = errno;
  if (acceptor->listeners_.empty() || acceptor->wake_ < 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address, ": ", strerror(error)));
  }
  return acceptor;
}

Acceptor::~Acceptor() {
  if (thread_.joinable()) {
    eventfd_write(wake_, 1);
    thread_.join();
  }
  for (const int fd : listeners_) close(fd);
  if (wake_ >= 0) close(wake_);
}

void Acceptor::Start(std::unique_ptr<Receiver> receiver) {
  receiver_ = std::move(receiver);
  thread_ = std::thread([this] { Run(); });
}

void Acceptor::Run() {
  std::vector<pollfd> polled;
  polled.push_back({wake_, POLLIN, 0});
  for (const int fd : listeners_) polled.push_back({fd, POLLIN, 0});
  while (true) {
    if (poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) return;
    if (polled[0].revents != 0) return;
    bool room = true;
    for (size_t i = 1; i < polled.size(); ++i) {
      if (polled[i].revents != 0) room &= AcceptAll(polled[i].fd);
    }
    if (!room) poll(polled.data(), 1, kNoRoomMs);
  }
}

bool Acceptor::AcceptAll(int listener) {
  while (true) {
    const int fd =
        accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      HandOver(listener, fd);
    } else if (errno == EAGAIN) {
      return true;
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
               errno == ENOMEM) {
      return false;
    }  // Any other error is that of a connection which broke too early.
  }
}

void Acceptor::HandOver(int listener, int connection) {
  rlimit limit;
  // A new descriptor has the smallest free number, so its number tells how many
  // are in use.
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
      static_cast<rlim_t>(connection) >=
          limit.rlim_cur - std::min(kReserve, limit.rlim_cur / 4)) {
    close(connection);
    if (const absl::Time now = absl::Now(); now - last_refusal_ > kLogPeriod) {
      last_refusal_ = now;
      Log(LogLevel::kWarning,
          absl::StrCat("refusing connections: of ", limit.rlim_cur,
                       " descriptors few are left; raise the limit (ulimit "
                       "-n, LimitNOFILE) or close some"));
    }
    return;
  }
  SetOption(connection, IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(connection, IPPROTO_TCP, TCP_USER_TIMEOUT, kUnheardMs);
  Receiver::NewConnectionParameters parameters;
  parameters.listener_fd = listener;
  parameters.fd = connection;
  receiver_->HandleNewConnection(&parameters);
}

}  // namespace fathom::server
