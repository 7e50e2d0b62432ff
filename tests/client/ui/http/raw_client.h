#ifndef FATHOM_TESTS_CLIENT_UI_HTTP_RAW_CLIENT_H_
#define FATHOM_TESTS_CLIENT_UI_HTTP_RAW_CLIENT_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/testing/within.h"

namespace fathom::test {

// A response as it came.
struct RawResponse {
  int status = 0;  // 0: none came.
  std::string head = {};
  std::string body = {};

  // Returns the value of a header; empty without one.
  std::string Header(absl::string_view name) const {
    const std::string start = absl::StrCat("\r\n", name, ": ");
    const size_t at = head.find(start);
    if (at == std::string::npos) return "";
    const size_t begin = at + start.size();
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

// A socket to a port of this machine. Whatever it waits for has kPatience.
class RawClient {
 public:
  explicit RawClient(int port, int receive_buffer = 0)
      : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) {
      setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
                 sizeof(receive_buffer));
    }
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_open_ = connect(fd_, reinterpret_cast<sockaddr*>(&address),
                       sizeof(address)) == 0;
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool is_open() const { return is_open_; }

  // Sends what the other side still takes.
  void Send(absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  void EndSending() { shutdown(fd_, SHUT_WR); }

  // Whether something comes, or the other side closes, within `patience`.
  bool HasInput(absl::Duration patience) {
    pollfd ready = {fd_, POLLIN, 0};
    return poll(&ready, 1,
                static_cast<int>(absl::ToInt64Milliseconds(patience))) == 1;
  }

  // Reads until `enough` says so of all that came, or the other side closes.
  // Returns whether it said so.
  bool ReadUntil(const std::function<bool(const std::string&)>& enough) {
    const absl::Time deadline = absl::Now() + kPatience;
    while (!enough(received_)) {
      if (is_closed_) return false;
      pollfd ready = {fd_, POLLIN, 0};
      const int64_t left = absl::ToInt64Milliseconds(deadline - absl::Now());
      if (left <= 0 || poll(&ready, 1, static_cast<int>(left)) != 1) {
        ADD_FAILURE() << "waited for more than: " << received_.substr(0, 500);
        return false;
      }
      char buffer[16 << 10];
      const ssize_t bytes = recv(fd_, buffer, sizeof(buffer), 0);
      if (bytes <= 0) {
        is_closed_ = true;
      } else {
        received_.append(buffer, static_cast<size_t>(bytes));
      }
    }
    return true;
  }
  bool ReadUntil(absl::string_view text) {
    return ReadUntil([&](const std::string& received) {
      return absl::StrContains(received, text);
    });
  }
  // Reads to the end; returns all that came and was not taken.
  std::string ReadAll() {
    ReadUntil([](const std::string&) { return false; });
    return std::exchange(received_, "");
  }
  // Whether the other side closes the connection.
  bool IsClosed() {
    ReadAll();
    return is_closed_;
  }

  // Reads one response with a Content-Length or in chunks, or up to the end.
  RawResponse Read(bool is_head = false) {
    RawResponse response;
    if (!ReadUntil("\r\n\r\n")) return response;
    const size_t end = received_.find("\r\n\r\n") + 4;
    response.head = received_.substr(0, end);
    received_.erase(0, end);
    if (!absl::SimpleAtoi(response.head.substr(9, 3), &response.status)) {
      return response;
    }
    if (is_head || response.status == 204 || response.status == 304) {
      return response;
    }
    size_t length = 0;
    if (absl::SimpleAtoi(response.Header("Content-Length"), &length)) {
      ReadUntil([&](const std::string& text) { return text.size() >= length; });
      response.body = received_.substr(0, length);
      received_.erase(0, length);
    } else if (response.Header("Transfer-Encoding") == "chunked") {
      while (ReadChunk(response.body)) continue;
    } else {
      response.body = ReadAll();
    }
    return response;
  }

  // Asks for `target`, with further lines of the head, and reads the response.
  RawResponse Get(absl::string_view target, absl::string_view lines = "") {
    Send(absl::StrCat("GET ", target, " HTTP/1.1\r\nHost: localhost\r\n", lines,
                      "\r\n"));
    return Read();
  }
  // Posts as the page does.
  RawResponse Post(absl::string_view target, absl::string_view body,
                   absl::string_view lines = "") {
    Send(absl::StrCat("POST ", target, " HTTP/1.1\r\nHost: localhost\r\n",
                      "Origin: http://localhost\r\nX-Fathom: 1\r\n",
                      "Content-Length: ", body.size(), "\r\n", lines, "\r\n",
                      body));
    return Read();
  }

  std::string& received() { return received_; }

 private:
  // Appends a chunk; returns false after the last one.
  bool ReadChunk(std::string& body) {
    if (!ReadUntil("\r\n")) return false;
    const size_t line = received_.find("\r\n");
    size_t length = 0;
    if (!absl::SimpleHexAtoi(received_.substr(0, line), &length)) return false;
    const size_t all = line + 2 + length + 2;
    if (!ReadUntil(
            [&](const std::string& text) { return text.size() >= all; })) {
      body += "(cut off)";
      return false;
    }
    body += received_.substr(line + 2, length);
    received_.erase(0, all);
    return length > 0;
  }

  const int fd_;
  bool is_open_ = false;
  bool is_closed_ = false;
  std::string received_;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_CLIENT_UI_HTTP_RAW_CLIENT_H_
