#include "client/ui/http/site.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace fathom::client {
namespace {

constexpr char kCookie[] = "fathom";
// A browser whose stream has ended comes again after two seconds.
constexpr char kStreamStart[] = "retry: 2000\n\n";
constexpr size_t kMostResponses = 200;  // Different ones, in UiCounts.

UiResponse PlainError(int status, absl::StatusCode code,
                      absl::string_view message, absl::string_view hint = "") {
  UiResponse response = ErrorResponse(absl::Status(code, message), hint);
  response.status = status;
  return response;
}

UiResponse NoSuchAddress() {
  return ErrorResponse(absl::NotFoundError("there is nothing at this address"));
}

UiResponse WrongMethod(absl::string_view allowed) {
  UiResponse response =
      PlainError(405, absl::StatusCode::kInvalidArgument,
                 absl::StrCat("this address takes ", allowed, " alone"));
  response.headers.emplace_back("Allow", std::string(allowed));
  return response;
}

}  // namespace

Site::Site(Options options, Door& door, EventHub& hub)
    : options_(std::move(options)),
      hosts_(options_.hosts),
      door_(door),
      hub_(hub) {
  if (const PageFile* const index = options_.page.Find("index.html")) {
    index_ = Unpack(*index).value_or("");
  }
}

void Site::Count(const std::string& route, int status) {
  absl::MutexLock lock(&mutex_);
  const std::pair<std::string, int> key(route, status);
  if (counts_.responses.size() >= kMostResponses &&
      !counts_.responses.contains(key)) {
    return;
  }
  ++counts_.responses[key];
}

UiCounts Site::counts() const {
  UiCounts counts;
  {
    absl::MutexLock lock(&mutex_);
    counts = counts_;
  }
  counts.connections = connections_;
  counts.streams = hub_.stream_count();
  counts.sessions = door_.session_count();
  return counts;
}

std::optional<UiResponse> Site::Refusal(const HttpRequest& request,
                                        const Peer& peer) const {
  if (request.CountOf("host") != 1) {
    return PlainError(400, absl::StatusCode::kInvalidArgument,
                      "the request: expected one header Host");
  }
  const absl::string_view host = request.Header("host");
  if (!hosts_.Allows(host, peer.local_address)) {
    return PlainError(
        403, absl::StatusCode::kPermissionDenied,
        absl::StrCat("this server is not known as ", host),
        absl::StrCat("if that is its name, start it with --allow-host ",
                     HostOf(host)));
  }
  return std::nullopt;
}

// Who makes a browser send a request from another site gets nothing done by it:
// neither a change nor a computation.
std::optional<UiResponse> Site::RefusalOfOthers(const Asked& asked) const {
  const HttpRequest& request = asked.request;
  if (IsFromOtherSite(request.Header("sec-fetch-site"))) {
    return PlainError(403, absl::StatusCode::kPermissionDenied,
                      "this is for pages of this server alone");
  }
  if (!asked.is_post) return std::nullopt;
  if (request.CountOf("origin") != 1 ||
      !IsOwnOrigin(request.Header("origin"), request.Header("host")) ||
      request.Header("x-fathom") != "1") {
    return PlainError(403, absl::StatusCode::kPermissionDenied,
                      "a change comes from a page of this server: expected its "
                      "own Origin and the header X-Fathom: 1");
  }
  return std::nullopt;
}

Site::Plan Site::Receive(HttpRequest request, const Peer& peer) {
  if (auto refusal = Refusal(request, peer)) {
    return {.response = *std::move(refusal)};
  }
  const bool is_post = request.method == "POST";
  if (!is_post && request.method != "GET" && request.method != "HEAD") {
    return {.response = WrongMethod("GET, HEAD, POST")};
  }
  absl::StatusOr<Target> target = ParseTarget(request.target);
  if (!target.ok()) return {.response = ErrorResponse(target.status())};
  Asked asked = {.request = std::move(request),
                 .target = *std::move(target),
                 .peer = peer,
                 .is_post = is_post};
  const std::string first(asked.first());
  const bool is_single = asked.target.path.size() == 1;
  const bool is_login =
      is_single && is_post && (first == "login" || first == "logout");
  const bool is_monitor =
      is_single && (first == "metrics" || first == "healthz");
  if (first != "api" && !is_login && !is_monitor) {
    if (is_post) return {.response = WrongMethod("GET, HEAD")};
    return ForPage(asked);
  }
  if (auto refusal = RefusalOfOthers(asked)) {
    return {.response = *std::move(refusal)};
  }
  if (is_login) return ForLogin(std::move(asked));
  if (is_monitor) return ForMonitor(std::move(asked));
  return ForApi(std::move(asked));
}

Site::Plan Site::ForApi(Asked asked) {
  asked.target.path.erase(asked.target.path.begin());
  const absl::string_view first = asked.first();
  const bool is_single = asked.target.path.size() == 1;
  if (is_single && first == "events") return ForEvents(asked);
  const std::string id(CookieOf(asked.request.Header("cookie"), kCookie));
  if (is_single && first == "caller") {
    if (asked.is_post) return {.response = WrongMethod("GET, HEAD")};
    const auto session = door_.Find(id);
    return {.route = "api",
            .work = [this, id](const auto&) { return Caller(id); },
            .work_key = session == nullptr ? "" : session->token_hash()};
  }
  std::shared_ptr<Session> session = door_.Find(id);
  if (session == nullptr) {
    return {.route = "api",
            .response = ErrorResponse(
                absl::UnauthenticatedError("log in first, with a token"))};
  }
  std::string key = session->token_hash();
  auto shared = std::make_shared<Asked>(std::move(asked));
  return {.route = "api",
          .work =
              [this, shared, session](const std::function<bool()>& cancelled) {
                return AnswerApi(*shared, *session, cancelled);
              },
          .work_key = std::move(key)};
}

UiResponse Site::Caller(const std::string& id) {
  const auto session = door_.Find(id);
  absl::StatusOr<Viewer> viewer = absl::UnauthenticatedError("");
  if (session != nullptr) viewer = door_.Enter(*session);
  if (!viewer.ok() && !absl::IsUnauthenticated(viewer.status())) {
    // The source is away; what is known of the viewer is that he is inside.
    viewer = Viewer();
  }
  UiResponse response;
  response.body =
      CallerText(door_.needs_login(), viewer.ok() ? &*viewer : nullptr,
                 options_.source, options_.version, options_.page.digest);
  return response;
}

UiResponse Site::AnswerApi(const Asked& asked, Session& session,
                           const std::function<bool()>& is_cancelled) {
  absl::StatusOr<Viewer> viewer = door_.Enter(session);
  if (!viewer.ok()) {
    UiResponse response = ErrorResponse(viewer.status());
    if (absl::IsUnauthenticated(viewer.status())) {
      response.headers.emplace_back("Set-Cookie", Cookie(""));
    }
    return response;
  }
  const bool changes = asked.is_post && asked.first() != "query";
  if (changes && !viewer->may_change) {
    return ErrorResponse(absl::PermissionDeniedError(
        viewer->role.empty()
            ? "a ledger file is only looked at here; nothing can be changed"
            : absl::StrCat("the role ", viewer->role,
                           " may look and change nothing")));
  }
  if (!options_.handler) return NoSuchAddress();
  UiRequest request = {
      .method = asked.is_post ? "POST" : "GET",
      .path = asked.target.path,
      .query = asked.target.query,
      .body = asked.request.body,
      .accept = std::string(asked.request.Header("accept")),
      .if_none_match = std::string(asked.request.Header("if-none-match")),
      .anew = asked.request.Header("x-fathom-anew") == "1",
      .viewer = *std::move(viewer),
      .is_cancelled = is_cancelled};
  UiResponse response = options_.handler(request);
  if (changes) hub_.Poke();
  return response;
}

Site::Plan Site::ForEvents(const Asked& asked) {
  if (asked.request.method != "GET") return {.response = WrongMethod("GET")};
  const auto session =
      door_.Find(CookieOf(asked.request.Header("cookie"), kCookie));
  if (session == nullptr) {
    return {.route = "events",
            .response = ErrorResponse(
                absl::UnauthenticatedError("log in first, with a token"))};
  }
  EventHub::Request request = {
      .last_id = std::string(asked.request.Header("last-event-id")),
      .key = absl::StrCat("address ", asked.peer.address),
      .most_of_key = options_.limits.streams_per_address,
      .viewer = [&door = door_, session] { return door.Enter(*session); }};
  if (!session->token_hash().empty()) {
    request.key = absl::StrCat("token ", session->token_hash());
    request.most_of_key = options_.limits.streams_per_token;
  }
  for (const auto& [name, value] : asked.target.query) {
    if (name == "sweep" && !absl::SimpleAtoi(value, &request.sweep_id)) {
      return {.route = "events",
              .response = ErrorResponse(absl::InvalidArgumentError(
                  "sweep: expected the number of one"))};
    }
  }
  Plan plan = {.route = "events"};
  plan.response.content_type = "text/event-stream";
  plan.response.body = kStreamStart;
  // Proxies are asked to hand events on at once.
  plan.response.headers.emplace_back("X-Accel-Buffering", "no");
  plan.subscribe = [this, request](EventHub::Deliver deliver) {
    return hub_.Subscribe(request, std::move(deliver));
  };
  return plan;
}

Site::Plan Site::ForMonitor(Asked asked) {
  const bool is_metrics = asked.first() == "metrics";
  if (asked.is_post) return {.response = WrongMethod("GET, HEAD")};
  if (is_metrics && !options_.metrics) return {.response = NoSuchAddress()};
  const std::string route = is_metrics ? "metrics" : "health";
  auto shared = std::make_shared<Asked>(std::move(asked));
  // Of a key of its own, so that a monitor hears also of a program that is
  // busy.
  return {.route = route,
          .work = [this, shared](const auto&) { return Monitor(*shared); },
          .work_key = "monitor"};
}

UiResponse Site::Monitor(const Asked& asked) {
  const HttpRequest& request = asked.request;
  std::shared_ptr<Session> session =
      door_.Find(CookieOf(request.Header("cookie"), kCookie));
  const std::string token(BearerOf(request.Header("authorization")));
  if (session == nullptr && !token.empty()) {
    auto found = door_.LogInWithoutId(token, asked.peer.address);
    if (!found.ok()) return ErrorResponse(found.status());
    session = *std::move(found);
  }
  if (session == nullptr) {
    UiResponse response = ErrorResponse(absl::UnauthenticatedError(
        "expected the header Authorization: Bearer TOKEN"));
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
  }
  absl::StatusOr<Viewer> viewer = door_.Enter(*session);
  if (!viewer.ok() && asked.first() == "metrics" &&
      !absl::IsUnauthenticated(viewer.status())) {
    // A coordinator that is away is what a monitor wants to hear of.
    Viewer last = door_.LastKnown(*session);
    if (last.connection != nullptr) viewer = std::move(last);
  }
  if (!viewer.ok()) return ErrorResponse(viewer.status());
  UiResponse response = {.content_type = "text/plain; charset=utf-8"};
  if (asked.first() == "metrics") {
    absl::StatusOr<std::string> text =
        options_.metrics(*viewer->connection, counts());
    if (!text.ok()) return ErrorResponse(text.status());
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = *std::move(text);
    return response;
  }
  absl::Status health;
  if (options_.health) {
    health = options_.health(*viewer->connection);
  } else {
    health = viewer->connection->GetNewestSweep().status();
    if (absl::IsNotFound(health)) health = absl::OkStatus();
  }
  if (!health.ok()) response.status = 503;
  response.body = health.ok() ? "ok\n" : absl::StrCat(health.message(), "\n");
  return response;
}

Site::Plan Site::ForLogin(Asked asked) {
  if (asked.first() == "logout") {
    door_.LogOut(CookieOf(asked.request.Header("cookie"), kCookie));
    UiResponse response = {.status = 204};
    response.headers.emplace_back("Set-Cookie", Cookie(""));
    return {.route = "login", .response = std::move(response)};
  }
  auto shared = std::make_shared<Asked>(std::move(asked));
  return {.route = "login",
          .work = [this, shared](const auto&) { return LogIn(*shared); },
          .work_key = "login"};
}

UiResponse Site::LogIn(const Asked& asked) {
  if (!door_.needs_login()) return {.status = 204};
  const absl::StatusOr<std::string> token = ReadLogin(asked.request.body);
  if (!token.ok()) return ErrorResponse(token.status());
  const absl::StatusOr<std::string> id =
      door_.LogIn(*token, asked.peer.address);
  if (!id.ok()) return ErrorResponse(id.status());
  UiResponse response = {.status = 204};
  response.headers.emplace_back("Set-Cookie", Cookie(*id));
  return response;
}

// Returns the header that makes a browser keep the id of a session, or forget
// it when `id` is empty.
std::string Site::Cookie(absl::string_view id) const {
  const int64_t seconds = id.empty() ? 0 : absl::ToInt64Seconds(Door::kLongest);
  return absl::StrCat(kCookie, "=", id, "; Path=/; Max-Age=", seconds,
                      "; HttpOnly; SameSite=Strict",
                      options_.tls ? "; Secure" : "");
}

}  // namespace fathom::client
