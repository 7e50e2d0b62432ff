#ifndef FATHOM_CLIENT_UI_HTTP_HEADERS_H_
#define FATHOM_CLIENT_UI_HTTP_HEADERS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// What the headers of a request say. All of these functions are pure.
namespace fathom::client {

// Returns the host of a header Host, in lower case and without the port:
// "localhost" of "LOCALHOST:7380", "[::1]" of "[::1]:7380". Empty when it is
// none.
std::string HostOf(absl::string_view header);

// The names under which this server may be asked for. A page of somebody else
// whose name has been made to lead to this machine (DNS rebinding) comes with
// its own name in the header Host, which is not among these.
class HostList {
 public:
  // `names` are hosts without port, as in addresses of pages.
  explicit HostList(const std::vector<std::string>& names);

  // Whether a request with this header Host is for us. It also is when it names
  // the address at which it arrived, `local_address`, as nobody can make a name
  // of that.
  bool Allows(absl::string_view header, absl::string_view local_address) const;

 private:
  std::vector<std::string> names_;
};

// Whether `origin`, a header Origin, is the page of the server that was asked
// for under the header `host`.
bool IsOwnOrigin(absl::string_view origin, absl::string_view host);

// Whether the browser says that another site made the request, also one at
// another port of this machine. Other programs say nothing.
bool IsFromOtherSite(absl::string_view sec_fetch_site);

// Returns the value of the first cookie `name` in a header Cookie; empty
// without one.
absl::string_view CookieOf(absl::string_view header, absl::string_view name);

// Returns the token in a header Authorization; empty when there is none.
absl::string_view BearerOf(absl::string_view header);

// Whether a header If-None-Match names `etag`, which is without quotes.
bool EtagMatches(absl::string_view header, absl::string_view etag);

// Whether a header Accept-Encoding lets the body come compressed.
bool TakesGzip(absl::string_view header);

// Whether a header Accept wants a page, as browsers do that go to an address.
bool WantsPage(absl::string_view header);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_HTTP_HEADERS_H_
