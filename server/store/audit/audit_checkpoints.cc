#include "server/store/audit/audit_checkpoints.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/shared/protocol.h"
#include "proto/shared/sha256.h"
#include "proto/shared/status.h"
#include "server/store/files/checkpoint_files.h"

namespace fathom::server {
namespace {

struct NamedFile {
  int64_t sweep_id = 0;
  int64_t trial_index = 0;
  std::string digest;
  int64_t bytes = 0;
};

absl::StatusOr<std::vector<NamedFile>> NamedFiles(sqlite::Database& db) {
  static constexpr char kSelectSql[] =
      "SELECT sweep_id,trial_index,digest,bytes FROM trial_checkpoints "
      "ORDER BY 1,2";
  std::vector<NamedFile> files;
  sqlite::Query query(db, kSelectSql);
  while (query.Next()) {
    files.push_back(
        {query.Int64(0), query.Int64(1), query.Text(2), query.Int64(3)});
  }
  RETURN_IF_ERROR(query.status());
  return files;
}

// Returns what is wrong with a file; empty when nothing is.
absl::StatusOr<std::string> WrongWith(const NamedFile& file,
                                      const CheckpointFiles& files,
                                      const LongRead& read) {
  Sha256 hash;
  int64_t size = 0;
  while (true) {
    RETURN_IF_ERROR(read.Check());
    const auto piece = files.Read(file.digest, size, kCheckpointPieceBytes);
    if (absl::IsNotFound(piece.status())) return std::string("is missing");
    if (!piece.ok()) return std::string(piece.status().message());
    if (piece->empty()) break;
    hash.Update(*piece);
    size += static_cast<int64_t>(piece->size());
  }
  if (size == file.bytes &&
      absl::StrCat("sha256:", hash.HexDigest()) == file.digest) {
    return std::string();
  }
  return absl::StrCat("is damaged: it has ", size, " of ", file.bytes,
                      " bytes, or others");
}

}  // namespace

absl::Status CheckCheckpointFiles(sqlite::Database& db, const LongRead& read,
                                  v1::AuditResponse& response) {
  static constexpr char kStillNamedSql[] =
      "SELECT 1 FROM trial_checkpoints WHERE sweep_id=? AND trial_index=? "
      "AND digest=?";
  constexpr int kMostWarnings = 100;
  const CheckpointFiles files(CheckpointFiles::DirectoryFor(db.path()));
  ASSIGN_OR_RETURN(const std::vector<NamedFile> named, NamedFiles(db));
  for (const NamedFile& file : named) {
    ASSIGN_OR_RETURN(const std::string wrong, WrongWith(file, files, read));
    if (wrong.empty() || response.warnings_size() >= kMostWarnings) continue;
    ASSIGN_OR_RETURN(const auto still, db.Find(kStillNamedSql, file.sweep_id,
                                               file.trial_index, file.digest));
    if (!still.has_value()) continue;
    response.add_warnings(absl::StrCat(
        "sweep ", file.sweep_id, ": the checkpoint of trial ", file.trial_index,
        " ", wrong, "; the trial will begin anew"));
  }
  return absl::OkStatus();
}

}  // namespace fathom::server
