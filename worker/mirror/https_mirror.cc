#include "worker/mirror/https_mirror.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "proto/sweep/printable.h"

namespace fathom::worker {
namespace {

constexpr long kMostRedirects = 3;
constexpr long kConnectSeconds = 30;
constexpr size_t kMostHeaderBytes = size_t{64} << 10;
// A request that brings less than this is not followed by another one, so that
// a mirror that ends each after some bytes does not keep us.
constexpr int64_t kLeastProgress = int64_t{64} << 10;

constexpr long kOk = 200;
constexpr long kPartialContent = 206;
constexpr long kNotFound = 404;
constexpr long kGone = 410;
constexpr long kRangeNotSatisfiable = 416;

// One request. libcurl calls the static functions.
class Request {
 public:
  Request(DatasetPart& part, const std::function<bool()>& keep_going)
      : curl_(curl_easy_init(), &curl_easy_cleanup),
        part_(part),
        keep_going_(keep_going),
        offset_(part.size()) {}

  absl::Status Run(const std::string& url, const MirrorOptions& options) {
    if (curl_ == nullptr || !SetUp(url, options)) {
      return absl::InternalError("libcurl cannot be set up");
    }
    const CURLcode code = curl_easy_perform(curl_.get());
    if (!status_.ok()) return status_;  // We ended it.
    return code == CURLE_OK ? absl::OkStatus() : ErrorOf(code, options);
  }

 private:
  bool SetUp(const std::string& url, const MirrorOptions& options) {
    CURL* const curl = curl_.get();
    bool fine = true;
    const auto set = [&](CURLoption option, auto value) {
      fine = fine && curl_easy_setopt(curl, option, value) == CURLE_OK;
    };
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, kMostRedirects);
    set(CURLOPT_FAILONERROR, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_USERAGENT, "fathom-worker/" FATHOM_VERSION);
    if (!options.ca.empty()) {
      set(CURLOPT_CAINFO, options.ca.c_str());
      set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    }
    set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    set(CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(options.least_rate));
    set(CURLOPT_LOW_SPEED_TIME,
        static_cast<long>(
            std::max<int64_t>(1, absl::ToInt64Seconds(options.patience))));
    set(CURLOPT_ERRORBUFFER, error_.data());
    set(CURLOPT_HEADERFUNCTION, &OnHeader);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &OnBody);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &OnProgress);
    set(CURLOPT_XFERINFODATA, this);
    const std::string range = absl::StrCat(offset_, "-");
    if (offset_ > 0) set(CURLOPT_RANGE, range.c_str());
    return fine;
  }

  absl::Status ErrorOf(CURLcode code, const MirrorOptions& options) const {
    long http = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &http);
    if (code == CURLE_HTTP_RETURNED_ERROR) {
      const std::string text = absl::StrCat("HTTP status ", http);
      if (http == kNotFound || http == kGone) return absl::NotFoundError(text);
      // What we have is longer than what is there.
      if (http == kRangeNotSatisfiable) return absl::DataLossError(text);
      return absl::FailedPreconditionError(text);
    }
    if (code == CURLE_OPERATION_TIMEDOUT) {
      return absl::DeadlineExceededError(absl::StrCat(
          "no connection within ", kConnectSeconds, " s, or less than ",
          options.least_rate, " bytes per second for ",
          absl::FormatDuration(options.patience)));
    }
    const absl::string_view detail =
        error_[0] != '\0' ? error_.data() : curl_easy_strerror(code);
    const std::string text = Printable(detail);
    // Connections that broke; all others are refusals.
    const bool broke = code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR ||
                       code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING ||
                       code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM;
    return broke ? absl::UnavailableError(text)
                 : absl::FailedPreconditionError(text);
  }

  // Every header of every response, redirects included.
  static size_t OnHeader(char* data, size_t, size_t bytes, void* self) {
    return static_cast<Request*>(self)->TakeHeader({data, bytes}) ? bytes : 0;
  }
  static size_t OnBody(char* data, size_t, size_t bytes, void* self) {
    return static_cast<Request*>(self)->TakeBody({data, bytes}) ? bytes : 0;
  }
  // Called about once a second, and more often while bytes arrive.
  static int OnProgress(void* self, curl_off_t, curl_off_t, curl_off_t,
                        curl_off_t) {
    auto* const request = static_cast<Request*>(self);
    if (request->keep_going_()) return 0;
    request->status_ = absl::CancelledError("cancelled");
    return 1;
  }

  bool TakeHeader(absl::string_view line) {
    header_bytes_ += line.size();
    if (header_bytes_ > kMostHeaderBytes) {
      status_ = absl::FailedPreconditionError(absl::StrCat(
          "found more than ", kMostHeaderBytes, " bytes of headers"));
      return false;
    }
    if (absl::StartsWithIgnoreCase(line, "HTTP/")) first_ = -1;
    constexpr absl::string_view kContentRange = "content-range: bytes ";
    if (absl::StartsWithIgnoreCase(line, kContentRange)) {
      const absl::string_view range = line.substr(kContentRange.size());
      if (!absl::SimpleAtoi(range.substr(0, range.find('-')), &first_)) {
        first_ = -1;
      }
    }
    return true;
  }

  bool TakeBody(absl::string_view bytes) {
    if (!std::exchange(begun_, true)) status_ = Begin();
    if (status_.ok()) status_ = part_.Append(bytes);
    return status_.ok();
  }

  // Looks at what is about to come.
  absl::Status Begin() {
    long http = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &http);
    // This server knows no ranges.
    if (http == kOk && offset_ > 0) return part_.Restart();
    if (http == kOk) return absl::OkStatus();
    if (http == kPartialContent && offset_ > 0 && first_ == offset_) {
      return absl::OkStatus();
    }
    return absl::FailedPreconditionError(
        absl::StrCat("found HTTP status ", http, " with bytes from ", first_,
                     " on, expected those from ", offset_, " on"));
  }

  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_;
  DatasetPart& part_;
  const std::function<bool()>& keep_going_;
  const int64_t offset_;
  std::array<char, CURL_ERROR_SIZE> error_ = {};
  size_t header_bytes_ = 0;
  int64_t first_ = -1;  // Of the bytes that come, as their header says.
  bool begun_ = false;
  absl::Status status_;  // Why we ended it.
};

}  // namespace

HttpsMirror::HttpsMirror(std::string url, MirrorOptions options)
    : url_(std::move(url)), options_(std::move(options)) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
}

absl::Status HttpsMirror::Fetch(const std::string& digest, DatasetPart& part,
                                const std::function<bool()>& keep_going) {
  const std::string url =
      absl::StrCat(url_, digest.substr(digest.find(':') + 1));
  while (true) {
    if (part.complete()) return absl::OkStatus();
    const int64_t before = part.size();
    const absl::Status status = Request(part, keep_going).Run(url, options_);
    if (!absl::IsUnavailable(status) || part.size() - before < kLeastProgress) {
      return status;
    }
  }
}

}  // namespace fathom::worker
