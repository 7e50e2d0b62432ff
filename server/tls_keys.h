#ifndef FATHOM_SERVER_TLS_KEYS_H_
#define FATHOM_SERVER_TLS_KEYS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "proto/shared/certificates.h"
#include "proto/shared/credentials.h"

namespace fathom::server {

// The files of the certificates of a coordinator; see ServerSecurity.
struct TlsFiles {
  std::string certificate;
  std::string key;
  std::string client_ca;  // Empty when callers need no certificate.
};

// The certificate and key with which a coordinator listens, and the authority
// of its callers. They can be read again while it listens: a connection has
// those that counted when it was made.
//
// This class is thread-safe.
class TlsKeys {
 public:
  // What a connection is made with.
  struct Material {
    KeyPair pair;
    std::string client_ca;  // PEM; empty when callers need no certificate.
    // When the first certificate of each ends.
    absl::Time pair_end = absl::InfiniteFuture();
    absl::Time client_ca_end = absl::InfiniteFuture();
  };

  // Reads the files. The errors are those of ReadKeyPair and ReadAuthorities.
  static absl::StatusOr<std::unique_ptr<TlsKeys>> Read(TlsFiles files);

  // Reads the files again. What counted before goes on to count when there is
  // an error, which is one of those of Read.
  absl::Status Reload();

  // Returns what counts now.
  std::shared_ptr<const Material> material() const;

  // Returns what to log now about certificates that end soon: each about once a
  // day.
  std::vector<std::string> Reminders(absl::Time now);

 private:
  TlsKeys(TlsFiles files, std::shared_ptr<const Material> material);
  static absl::StatusOr<std::shared_ptr<const Material>> ReadMaterial(
      const TlsFiles& files);

  const TlsFiles files_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<const Material> material_ ABSL_GUARDED_BY(mutex_);
  ExpiryReminder certificate_reminder_ ABSL_GUARDED_BY(mutex_);
  ExpiryReminder client_ca_reminder_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_TLS_KEYS_H_
