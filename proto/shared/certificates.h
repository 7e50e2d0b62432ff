#ifndef FATHOM_PROTO_SHARED_CERTIFICATES_H_
#define FATHOM_PROTO_SHARED_CERTIFICATES_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace fathom {

// How long before a certificate ends people are told so.
inline constexpr absl::Duration kExpiryNotice = absl::Hours(24 * 14);

// What people want to know of a certificate.
struct CertificateFacts {
  absl::Time not_before;
  absl::Time not_after;
  std::string subject;  // One line, as OpenSSL writes it; may be "".
  // The names and IP addresses that it is for, at most 100 of them.
  std::vector<std::string> names;
};

// Returns the certificates in PEM, in their order; `path` is for messages.
// INVALID_ARGUMENT when there is none, and when one of them is cut off or
// damaged, with its number. What is no certificate is passed over, as OpenSSL
// and gRPC do.
absl::StatusOr<std::vector<CertificateFacts>> ReadCertificates(
    const std::string& pem, const std::string& path);

// Returns when the first of `certificates` ends; infinite without any.
absl::Time EarliestEnd(const std::vector<CertificateFacts>& certificates);
// The same of certificates in PEM; also infinite when they cannot be read.
absl::Time EarliestEnd(const std::string& pem);

// Returns OK when TLS can be served with this chain and key, both in PEM and
// valid by themselves. INVALID_ARGUMENT when OpenSSL does not take them, say
// because a key is too short.
absl::Status CheckUsable(const std::string& certificate, const std::string& key,
                         const std::string& certificate_path);

// Says that a certificate ends soon: once at first, and then once a day.
//
// Not thread-safe.
class ExpiryReminder {
 public:
  // `what` is the certificate, as in "the certificate keys/server.pem".
  explicit ExpiryReminder(std::string what) : what_(std::move(what)) {}

  // Returns what to log now, if anything, about a certificate that ends at
  // `end`. Another end counts as another certificate.
  std::optional<std::string> Remind(absl::Time end, absl::Time now);

 private:
  const std::string what_;
  absl::Time end_ = absl::InfiniteFuture();
  absl::Time next_ = absl::InfinitePast();
};

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_CERTIFICATES_H_
