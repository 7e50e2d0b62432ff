#include "absl/strings/str_cat.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/protocol.h"
#include "proto/shared/status.h"
#include "server/store/database.h"
#include "server/store/ledger.h"

namespace fathom {
namespace {

absl::Status InsertDataset(sqlite::Database& db, const v1::Dataset& dataset,
                           absl::string_view bytes) {
  static constexpr char kDatasetSql[] =
      "INSERT INTO datasets(digest,title,row_count,column_count,target_count,"
      "size_bytes) VALUES(?,?,?,?,?,?) RETURNING dataset_id";
  static constexpr char kChunkSql[] =
      "INSERT INTO dataset_chunks(dataset_id,chunk,bytes) VALUES(?,?,?)";
  ASSIGN_OR_RETURN(
      const auto id,
      db.Find(kDatasetSql, dataset.digest(), dataset.title(), dataset.rows(),
              dataset.columns(), dataset.targets(), dataset.size_bytes()));
  int64_t chunk = 0;
  for (size_t at = 0; at < bytes.size(); at += kDatasetChunkBytes) {
    RETURN_IF_ERROR(db.Run(kChunkSql, id, chunk++,
                           sqlite::Blob{bytes.substr(at, kDatasetChunkBytes)})
                        .status());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::Dataset> Ledger::StoreDataset(absl::string_view title,
                                                 absl::string_view bytes) {
  static constexpr char kSelectSql[] =
      "SELECT title FROM datasets WHERE digest=?";
  v1::Dataset dataset;
  {
    ASSIGN_OR_RETURN(const Dataset decoded, DecodeDataset(bytes));
    dataset.set_digest(DatasetDigest(bytes));
    dataset.set_title(std::string(title));
    dataset.set_rows(decoded.rows);
    dataset.set_columns(decoded.columns);
    dataset.set_targets(decoded.targets);
    dataset.set_size_bytes(static_cast<int64_t>(bytes.size()));
  }
  {
    sqlite::Query query(*db_, kSelectSql, dataset.digest());
    if (query.Next()) {
      dataset.set_title(query.Text(0));
      return dataset;
    }
    RETURN_IF_ERROR(query.status());
  }
  RETURN_IF_ERROR(
      db_->Transaction([&] { return InsertDataset(*db_, dataset, bytes); }));
  return dataset;
}

}  // namespace fathom
