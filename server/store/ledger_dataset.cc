#include <algorithm>
#include <string>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "proto/shared/protocol.h"
#include "proto/shared/status.h"
#include "server/limits.h"
#include "server/store/database.h"
#include "server/store/files/disk_space.h"
#include "server/store/ledger.h"

namespace fathom::server {
namespace {

// The number of pieces that are removed in one transaction.
constexpr int kPiecesPerDrop = 16;

absl::Status InsertPiece(sqlite::Database& db, int64_t key, int64_t piece,
                         absl::string_view bytes) {
  static constexpr char kChunkSql[] =
      "INSERT INTO dataset_chunks(dataset_id,chunk,bytes) VALUES(?,?,?)";
  return db.Run(kChunkSql, key, piece, sqlite::Blob{bytes}).status();
}

absl::Status InsertDataset(sqlite::Database& db, int64_t key,
                           const v1::Dataset& dataset, absl::Time now) {
  static constexpr char kDatasetSql[] =
      "INSERT INTO datasets(dataset_id,digest,title,row_count,column_count,"
      "target_count,size_bytes,upload_time) VALUES(?,?,?,?,?,?,?,?)";
  return db
      .Run(kDatasetSql, key, dataset.digest(), dataset.title(), dataset.rows(),
           dataset.columns(), dataset.targets(), dataset.size_bytes(), now)
      .status();
}

// Checks that the pieces have `expected` bytes in total. Reads their lengths
// only.
absl::Status CheckPieces(sqlite::Database& db, int64_t key, int64_t expected) {
  static constexpr char kSumSql[] =
      "SELECT IFNULL(SUM(length(bytes)),0) FROM dataset_chunks "
      "WHERE dataset_id=?";
  ASSIGN_OR_RETURN(const auto found, db.Find(kSumSql, key));
  if (found.value_or(0) == expected) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat(db.path(), ": found pieces of ", found.value_or(0),
                   " bytes, expected a dataset of ", expected));
}

}  // namespace

absl::StatusOr<int64_t> Ledger::BeginDataset() {
  static constexpr char kNextSql[] =
      "SELECT 1+MAX(IFNULL((SELECT MAX(dataset_id) FROM datasets),0),"
      "IFNULL((SELECT MAX(dataset_id) FROM dataset_chunks),0))";
  if (next_dataset_key_ == 0) {
    ASSIGN_OR_RETURN(const auto next, db_->Find(kNextSql));
    next_dataset_key_ = next.value_or(1);
  }
  return next_dataset_key_++;
}

absl::Status Ledger::AddDatasetPiece(int64_t key, int64_t piece,
                                     absl::string_view bytes) {
  RETURN_IF_ERROR(CheckDiskSpace(
      db_->path(), static_cast<int64_t>(bytes.size()), "this upload"));
  // A piece refers to a dataset whose row is inserted last, so that nobody sees
  // half a dataset; foreign keys are therefore not checked here. The pragma has
  // no effect within a transaction, so it is set outside.
  RETURN_IF_ERROR(db_->ExecuteScript("PRAGMA foreign_keys=OFF"));
  const absl::Cleanup on = [this] {
    db_->ExecuteScript("PRAGMA foreign_keys=ON").IgnoreError();
  };
  return db_->Transaction([&] { return InsertPiece(*db_, key, piece, bytes); });
}

absl::StatusOr<v1::Dataset> Ledger::FinishDataset(int64_t key,
                                                  const v1::Dataset& dataset,
                                                  absl::Time now) {
  absl::StatusOr<v1::Dataset> stored = UploadAgain(dataset.digest(), now);
  if (!absl::IsNotFound(stored.status())) return stored;
  const auto insert = [&]() -> absl::Status {
    RETURN_IF_ERROR(CheckPieces(*db_, key, dataset.size_bytes()));
    return InsertDataset(*db_, key, dataset, now);
  };
  RETURN_IF_ERROR(db_->Transaction(insert));
  return dataset;
}

absl::StatusOr<v1::Dataset> Ledger::UploadAgain(absl::string_view digest,
                                                absl::Time now) {
  static constexpr char kTouchSql[] =
      "UPDATE datasets SET upload_time=MAX(upload_time,?) WHERE digest=?";
  ASSIGN_OR_RETURN(v1::Dataset dataset, FindDataset(digest));
  const auto touch = [&] { return db_->Run(kTouchSql, now, digest).status(); };
  RETURN_IF_ERROR(db_->Transaction(touch));
  return dataset;
}

absl::StatusOr<bool> Ledger::DropDatasetPieces(int64_t key) {
  // The condition on `datasets` should never matter; it protects finished
  // datasets from mistakes.
  static constexpr char kDeleteSql[] =
      "DELETE FROM dataset_chunks WHERE rowid IN("
      "SELECT rowid FROM dataset_chunks WHERE dataset_id=?1 LIMIT ?2) "
      "AND NOT EXISTS(SELECT 1 FROM datasets WHERE dataset_id=?1)";
  int64_t dropped = 0;
  const auto drop = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(dropped, db_->Run(kDeleteSql, key, kPiecesPerDrop));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(db_->Transaction(drop));
  return dropped == kPiecesPerDrop;
}

absl::StatusOr<v1::Dataset> Ledger::FindDataset(absl::string_view digest) {
  static constexpr char kSelectSql[] =
      "SELECT title,row_count,column_count,target_count,size_bytes "
      "FROM datasets WHERE digest=?";
  sqlite::Query query(*db_, kSelectSql, digest);
  if (!query.Next()) {
    RETURN_IF_ERROR(query.status());
    return absl::NotFoundError(
        absl::StrCat("there is no dataset ", digest, " in the ledger"));
  }
  v1::Dataset dataset;
  dataset.set_digest(std::string(digest));
  dataset.set_title(query.Text(0));
  dataset.set_rows(query.Int64(1));
  dataset.set_columns(static_cast<int32_t>(query.Int64(2)));
  dataset.set_targets(static_cast<int32_t>(query.Int64(3)));
  dataset.set_size_bytes(query.Int64(4));
  return dataset;
}

}  // namespace fathom::server
