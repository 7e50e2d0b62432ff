#include "client/ui/http/site.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "tests/client/ui/http/fake_coordinator.h"
#include "tests/client/ui/http/test_page.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

using Lines = std::vector<std::pair<std::string, std::string>>;

// A site and somebody who asks it, as the listener does.
class SiteTest : public ::testing::Test {
 protected:
  // Where a test has named no token, no login is needed.
  Site& site() {
    if (!site_) {
      door_.emplace(authority_, clock_.AsClock());
      options_.handler = [this](const UiRequest& request) {
        asked_ = request;
        return UiResponse{.body = "{}", .etag = "v1"};
      };
      options_.page = page_.page();
      options_.version = "1.2.3";
      options_.source = {.kind = "server", .name = "lab:7373"};
      site_.emplace(options_, *door_, hub_);
    }
    return *site_;
  }

  UiResponse Ask(const std::string& method, const std::string& target,
                 Lines headers = {}, const std::string& body = "") {
    HttpRequest request = {.method = method,
                           .target = target,
                           .headers = std::move(headers),
                           .body = body};
    if (request.CountOf("host") == 0) {
      request.headers.emplace_back("host", "localhost:7380");
    }
    plan_ = site().Receive(
        request, {.address = "10.0.0.9", .local_address = "10.0.0.5"});
    if (plan_.work) return plan_.work([] { return false; });
    return plan_.response;
  }
  UiResponse Get(const std::string& target, Lines headers = {}) {
    return Ask("GET", target, std::move(headers));
  }
  UiResponse Post(const std::string& target, const std::string& body = "{}",
                  Lines headers = {}) {
    headers.emplace_back("origin", "http://localhost:7380");
    headers.emplace_back("x-fathom", "1");
    return Ask("POST", target, std::move(headers), body);
  }
  static std::string HeaderOf(const UiResponse& response,
                              const std::string& name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return "";
  }
  // Logs in and returns the header with the cookie that came.
  Lines LogIn(const std::string& token) {
    const UiResponse response =
        Post("/login", absl::StrCat("{\"token\": \"", token, "\"}"));
    EXPECT_EQ(response.status, 204) << response.body;
    const std::string cookie = HeaderOf(response, "Set-Cookie");
    return {{"cookie", cookie.substr(0, cookie.find(';'))}};
  }

  const test::TestPage page_;
  Site::Options options_;
  test::FakeCoordinator coordinator_;
  test::FakeAuthority authority_{coordinator_.connection()};
  test::FakeClock clock_;
  EventHub hub_{EventHub::Options{}};
  std::optional<Door> door_;
  std::optional<Site> site_;
  Site::Plan plan_;
  std::optional<UiRequest> asked_;
};

TEST_F(SiteTest, ApiRequestsGetToTheirHandlerDecoded) {
  const UiResponse response =
      Get("/api/sweeps/3/curves?where=depth%3A2&metric=loss",
          {{"if-none-match", "\"v0\""}, {"accept", "text/csv"}});

  EXPECT_EQ(response.status, 200);
  ASSERT_TRUE(asked_.has_value());
  EXPECT_EQ(asked_->method, "GET");
  EXPECT_THAT(asked_->path, ElementsAre("sweeps", "3", "curves"));
  EXPECT_THAT(asked_->query,
              ElementsAre(Pair("where", "depth:2"), Pair("metric", "loss")));
  EXPECT_EQ(asked_->accept, "text/csv");
  EXPECT_EQ(asked_->if_none_match, "\"v0\"");
  EXPECT_FALSE(asked_->anew);
  Get("/api/sweeps", {{"x-fathom-anew", "1"}});
  EXPECT_TRUE(asked_->anew);
  EXPECT_EQ(asked_->viewer.connection, coordinator_.connection());
  Ask("HEAD", "/api/sweeps");
  EXPECT_EQ(asked_->method, "GET");
}

TEST_F(SiteTest, ANameThatWasMadeToLeadHereIsRefused) {
  for (const char* host : {"evil.example", "evil.example:7380", "10.0.0.6"}) {
    const UiResponse response = Get("/api/sweeps", {{"host", host}});
    EXPECT_EQ(response.status, 403) << host;
    EXPECT_THAT(response.body, HasSubstr("--allow-host"));
    EXPECT_EQ(Get("/", {{"host", host}}).status, 403) << host;
  }
  EXPECT_EQ(Get("/", {{"host", "a"}, {"host", "localhost"}}).status, 400);
  EXPECT_FALSE(asked_.has_value());
  EXPECT_EQ(Get("/", {{"host", "10.0.0.5:7380"}}).status, 200);
}

TEST_F(SiteTest, ARequestThatAnotherSiteMakesABrowserSendIsRefused) {
  const std::string own = "http://localhost:7380";
  const Lines attacks[] = {
      {},
      {{"x-fathom", "1"}},
      {{"origin", own}},
      {{"origin", "http://evil"}, {"x-fathom", "1"}},
      {{"origin", "null"}, {"x-fathom", "1"}},
      {{"origin", own}, {"origin", "http://evil"}, {"x-fathom", "1"}},
      {{"origin", own}, {"x-fathom", "1"}, {"sec-fetch-site", "cross-site"}}};
  for (const Lines& attack : attacks) {
    for (const char* target :
         {"/api/sweeps/3/cancel", "/api/query", "/login", "/logout"}) {
      EXPECT_EQ(Ask("POST", target, attack).status, 403) << target;
    }
  }
  // Also what only costs: an image, say, whose address this is.
  EXPECT_EQ(Get("/api/sweeps", {{"sec-fetch-site", "same-site"}}).status, 403);
  EXPECT_FALSE(asked_.has_value());
  EXPECT_EQ(Post("/api/sweeps/3/cancel").status, 200);
  EXPECT_EQ(asked_->method, "POST");
}

TEST_F(SiteTest, WhoMayChangeNothingMayStillQuery) {
  authority_.SetMayChange(false);
  EXPECT_EQ(Post("/api/sweeps/3/pause").status, 403);
  EXPECT_FALSE(asked_.has_value());
  EXPECT_EQ(Post("/api/query").status, 200);
}

TEST_F(SiteTest, NothingIsSeenBeforeTheLogin) {
  authority_.Know("fathom_a", "read");

  for (const char* target : {"/api/sweeps", "/api/events", "/api/nothing"}) {
    EXPECT_EQ(Get(target).status, 401) << target;
    EXPECT_FALSE(plan_.subscribe);
  }
  EXPECT_EQ(Get("/api/sweeps", {{"cookie", "fathom=0123"}}).status, 401);
  EXPECT_EQ(Get("/healthz").status, 401);
  EXPECT_FALSE(asked_.has_value());
  EXPECT_EQ(Get("/api/caller").body, R"({"login":true,"version":"1.2.3"})");
  // The page itself is no secret.
  EXPECT_EQ(Get("/login").status, 200);
}

TEST_F(SiteTest, ATokenBecomesACookieThatScriptsDoNotSee) {
  authority_.Know("fathom_a", "read");
  options_.tls = true;

  const UiResponse wrong = Post("/login", R"({"token": "fathom_b"})");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(HeaderOf(wrong, "Set-Cookie"), "");
  const UiResponse right = Post("/login", R"({"token": "fathom_a"})");
  EXPECT_EQ(right.status, 204);
  const std::string cookie = HeaderOf(right, "Set-Cookie");
  for (const char* part : {"HttpOnly", "SameSite=Strict", "Path=/", "Secure"}) {
    EXPECT_THAT(cookie, HasSubstr(absl::StrCat("; ", part)));
  }
  EXPECT_THAT(cookie, Not(HasSubstr("fathom_a")));

  const Lines with_cookie = {{"cookie", cookie.substr(0, cookie.find(';'))}};
  EXPECT_EQ(Get("/api/sweeps", with_cookie).status, 200);
  EXPECT_EQ(asked_->viewer.role, "read");
  EXPECT_EQ(plan_.work_key, HashToken("fathom_a"));
  EXPECT_THAT(Get("/api/caller", with_cookie).body,
              HasSubstr(R"("name":"ada","role":"read","may_change":false,)"
                        R"("source":{"kind":"server","name":"lab:7373"})"));
  EXPECT_TRUE((Get("/api/events?sweep=3", with_cookie), plan_.subscribe));
}

TEST_F(SiteTest, LoggingOutEndsTheSession) {
  authority_.Know("fathom_a", "read");
  const Lines cookie = LogIn("fathom_a");
  const UiResponse out = Post("/logout", "", cookie);
  EXPECT_EQ(out.status, 204);
  EXPECT_THAT(HeaderOf(out, "Set-Cookie"), HasSubstr("fathom=; "));
  EXPECT_THAT(HeaderOf(out, "Set-Cookie"), HasSubstr("Max-Age=0"));
  EXPECT_EQ(Get("/api/sweeps", cookie).status, 401);
}

TEST_F(SiteTest, ARevokedTokenIsForgottenByTheBrowser) {
  authority_.Know("fathom_a", "read");
  const Lines cookie = LogIn("fathom_a");
  authority_.Revoke("fathom_a");
  clock_.Advance(absl::Seconds(6));
  const UiResponse response = Get("/api/sweeps", cookie);
  EXPECT_EQ(response.status, 401);
  EXPECT_THAT(HeaderOf(response, "Set-Cookie"), HasSubstr("Max-Age=0"));
  EXPECT_EQ(Get("/api/caller", cookie).body,
            R"({"login":true,"version":"1.2.3"})");
}

TEST_F(SiteTest, LoginsThatAreNoneAreRefused) {
  authority_.Know("fathom_a", "read");
  for (const char* body : {"", "fathom_a", "{}", "[]", "{\"token\": 1}",
                           "{\"token\": \"fathom_a\"", "\xff"}) {
    EXPECT_EQ(Post("/login", body).status, 400) << body;
  }
  EXPECT_EQ(authority_.asked(), 0);
}

TEST_F(SiteTest, MonitorsShowTheirTokenEachTime) {
  authority_.Know("fathom_a", "read");
  options_.metrics = [](Connection&, const UiCounts& counts) {
    return absl::StrCat("sessions ", counts.sessions, "\n");
  };
  EXPECT_EQ(Get("/metrics").status, 401);
  EXPECT_EQ(HeaderOf(Get("/metrics"), "WWW-Authenticate"), "Bearer");
  EXPECT_EQ(Get("/metrics", {{"authorization", "Bearer x"}}).status, 401);
  const Lines token = {{"authorization", "Bearer fathom_a"}};
  const UiResponse metrics = Get("/metrics", token);
  EXPECT_EQ(metrics.status, 200);
  EXPECT_EQ(metrics.body, "sessions 1\n");
  EXPECT_THAT(metrics.content_type, HasSubstr("version=0.0.4"));
  EXPECT_EQ(Get("/healthz", token).body, "ok\n");
  // For monitors alone: a page has its cookie.
  EXPECT_EQ(Get("/api/sweeps", token).status, 401);
}

TEST_F(SiteTest, MonitorsHearAlsoOfACoordinatorThatIsAway) {
  options_.metrics = [](Connection& connection, const UiCounts&) {
    return absl::StrCat("up ", connection.GetCaller().ok() ? 1 : 0, "\n");
  };
  EXPECT_EQ(Get("/metrics").body, "up 1\n");
  coordinator_.Fail({grpc::StatusCode::UNAVAILABLE, "it is gone"});
  authority_.Fail(absl::UnavailableError("it is gone"));
  clock_.Advance(absl::Seconds(6));
  EXPECT_EQ(Get("/metrics").body, "up 0\n");
  EXPECT_EQ(Get("/healthz").status, 503);
}

TEST_F(SiteTest, HealthSaysWhyNothingCanBeShown) {
  EXPECT_EQ(Get("/healthz").status, 200);
  coordinator_.Fail({grpc::StatusCode::UNAVAILABLE, "it is gone"});
  const UiResponse response = Get("/healthz");
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr("it is gone"));
  EXPECT_EQ(Get("/metrics").status, 404);
}

TEST_F(SiteTest, WhileTheSourceIsAwayThePageStillKnowsItself) {
  authority_.Fail(absl::UnavailableError("the ledger is gone"));
  const UiResponse response = Get("/api/sweeps");
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr("the ledger is gone"));
  EXPECT_THAT(Get("/api/caller").body, HasSubstr(R"("name":"lab:7373")"));
}

TEST_F(SiteTest, EveryViewOfThePageIsThePage) {
  const std::string index = Get("/").body;
  EXPECT_THAT(index, HasSubstr("<title>fathom</title>"));
  for (const char* view :
       {"/sweeps/3", "/sweeps/3?tab=best", "/sweeps/3/trials/17", "/workers",
        "/sql", "/compare?a=1&b=2", "/login"}) {
    const UiResponse response = Get(view);
    EXPECT_EQ(response.status, 200) << view;
    EXPECT_EQ(response.body, index) << view;
    EXPECT_EQ(response.content_type, "text/html; charset=utf-8");
  }
  for (const char* other : {"/sweeps/x", "/sweeps/3/trials", "/nothing",
                            "/assets/none.js", "/sweeps/3/trials/4/5"}) {
    EXPECT_EQ(Get(other).status, 404) << other;
    EXPECT_THAT(Get(other).body, HasSubstr("NOT_FOUND"));
    // A person gets the page, which says so.
    const UiResponse page =
        Get(other, {{"accept", "text/html,*/*"}, {"if-none-match", "*"}});
    EXPECT_EQ(page.status, 404) << other;
    EXPECT_EQ(page.body, index) << other;
  }
  EXPECT_EQ(Post("/sweeps/3").status, 405);
  EXPECT_EQ(Ask("PUT", "/").status, 405);
  EXPECT_EQ(Ask("OPTIONS", "/api/sweeps").status, 405);
  EXPECT_EQ(Get("/../etc/passwd").status, 400);
}

TEST_F(SiteTest, FilesWhoseNamesChangeAreKeptForEver) {
  const UiResponse script = Get("/assets/a.js");
  EXPECT_EQ(script.body, "let a = 1;\n");
  EXPECT_EQ(script.content_type, "text/javascript; charset=utf-8");
  EXPECT_THAT(HeaderOf(script, "Cache-Control"), HasSubstr("immutable"));
  EXPECT_EQ(HeaderOf(Get("/icon.svg"), "Cache-Control"), "");
  EXPECT_EQ(HeaderOf(Get("/"), "Cache-Control"), "");
}

TEST_F(SiteTest, WhatABrowserHasAlreadyIsNotSentAgain) {
  const UiResponse first = Get("/");
  ASSERT_EQ(first.etag.size(), 64u);
  const UiResponse second =
      Get("/", {{"if-none-match", absl::StrCat("\"", first.etag, "\"")}});
  EXPECT_EQ(second.status, 304);
  EXPECT_EQ(second.body, "");
  EXPECT_EQ(second.etag, first.etag);
  const UiResponse packed = Get("/", {{"accept-encoding", "gzip, br"}});
  EXPECT_EQ(HeaderOf(packed, "Content-Encoding"), "gzip");
  EXPECT_LT(packed.body.size(), first.body.size());
  EXPECT_EQ(packed.body.substr(0, 2), "\x1f\x8b");
}

TEST_F(SiteTest, EachResponseWithANonceHasItsOwn) {
  const test::TestPage page("<p>__NONCE__</p>\n");
  site();
  Site::Options options = options_;
  options.page = page.page();
  site_.emplace(options, *door_, hub_);
  const auto nonce_of = [](const UiResponse& response) {
    return response.body.substr(3, response.body.find('<', 3) - 3);
  };

  const UiResponse first = Get("/", {{"if-none-match", "\"abc\""}});
  const UiResponse second = Get("/");

  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.etag, "");  // A kept page would have an old nonce.
  EXPECT_EQ(nonce_of(first).size(), 32u);
  EXPECT_NE(nonce_of(first), nonce_of(second));
  EXPECT_THAT(HeaderOf(first, "Content-Security-Policy"),
              HasSubstr(absl::StrCat("style-src 'self' 'nonce-",
                                     nonce_of(first), "'; ")));
}

TEST_F(SiteTest, ResponsesAreCounted) {
  site().Count("api", 200);
  site().Count("api", 200);
  site().Count("api", 404);
  EXPECT_THAT(
      site().counts().responses,
      ElementsAre(Pair(Pair("api", 200), 2), Pair(Pair("api", 404), 1)));
}

}  // namespace
}  // namespace fathom::client
