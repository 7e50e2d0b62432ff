#ifndef FATHOM_SERVER_STORE_AUDIT_CURVE_HASH_H_
#define FATHOM_SERVER_STORE_AUDIT_CURVE_HASH_H_

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proto/shared/sha256.h"

namespace fathom::server {

// Adds the curve of a trial to the digest so that only the sequence of points
// of each kind counts. Where a chunk ends, and in which turn the kinds come,
// depends on when the worker reported.
class CurveHash {
 public:
  explicit CurveHash(Sha256& hash) : hash_(hash) {}

  // Adds the metrics and points of the next chunk. Points of other metrics than
  // those of the first chunk are a sequence of their own.
  void Add(absl::string_view metrics, absl::string_view points) {
    if (metrics_.empty() || metrics == metrics_) {
      return AddTo(hash_, metrics, points, metrics_);
    }
    if (!others_.has_value()) others_.emplace();
    AddTo(*others_, metrics, points, other_metrics_);
  }

  // To be called once, last.
  void End() {
    if (others_.has_value()) {
      hash_.Update(absl::StrCat("\n", others_->HexDigest()));
    }
  }

 private:
  static void AddTo(Sha256& hash, absl::string_view metrics,
                    absl::string_view points, std::string& before) {
    if (metrics != before) {
      before = std::string(metrics);
      hash.Update(absl::StrCat("\n", metrics, "\n"));
    } else {
      hash.Update(",");
    }
    if (points.size() >= 2) points = points.substr(1, points.size() - 2);
    hash.Update(points);
  }

  Sha256& hash_;
  std::string metrics_;  // Those of the first chunk.
  std::optional<Sha256> others_;
  std::string other_metrics_;  // Those of the last chunk in `others_`.
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_AUDIT_CURVE_HASH_H_
