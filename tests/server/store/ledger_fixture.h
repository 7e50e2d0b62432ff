#ifndef FATHOM_TESTS_SERVER_STORE_LEDGER_FIXTURE_H_
#define FATHOM_TESTS_SERVER_STORE_LEDGER_FIXTURE_H_

#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/store/ledger.h"
#include "server/store/reader.h"
#include "tests/server/store/ledger_writes.h"
#include "tests/testing/status_matchers.h"

namespace fathom::test {

inline std::string CellText(const v1::QueryCell& cell) {
  switch (cell.kind_case()) {
    case v1::QueryCell::kInteger:
      return absl::StrCat(cell.integer());
    case v1::QueryCell::kReal:
      return absl::StrFormat("%.17g", cell.real());
    case v1::QueryCell::kText:
      return cell.text();
    case v1::QueryCell::kBlob:
      return absl::StrCat("blob of ", cell.blob().size());
    default:
      return "NULL";
  }
}

// A test with a folder of its own.
class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    std::string name = ::testing::TempDir() + "/fathom-store-XXXXXX";
    directory_ = mkdtemp(name.data());
    path_ = directory_ + "/ledger.db";
  }
  ~StoreTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<server::Ledger> OpenLedger() {
    auto ledger = server::Ledger::Open(path_);
    EXPECT_OK(ledger);
    return ledger.ok() ? *std::move(ledger) : nullptr;
  }

  // Runs a query and returns its rows, with cells joined by '|', or its error.
  std::vector<std::string> Rows(const std::string& sql) {
    auto reader = server::LedgerReader::Open(path_);
    if (!reader.ok()) return {reader.status().ToString()};
    v1::QueryRequest request;
    request.set_sql(sql);
    std::vector<std::string> rows;
    const absl::Status status =
        (*reader)->Query(request, [&](const v1::QueryResponse& response) {
          for (const v1::QueryRow& row : response.rows()) {
            rows.push_back(absl::StrJoin(
                row.cells(), "|", [](std::string* out, const auto& cell) {
                  out->append(CellText(cell));
                }));
          }
          return absl::OkStatus();
        });
    if (!status.ok()) rows.push_back(status.ToString());
    return rows;
  }

  std::string directory_;
  std::string path_;
};

// A test of a ledger with sweep 1 of 12 trials, and sessions "s1" and "s2".
class LedgerTest : public StoreTest {
 protected:
  void SetUp() override {
    ledger_ = OpenLedger();
    ASSERT_NE(ledger_, nullptr);
    ASSERT_OK(Commit(
        {NewSweep(1, SmallSpec(4), 12), NewSession("s1"), NewSession("s2")}));
  }

  absl::Status Commit(const std::vector<server::Write>& writes) {
    return ledger_->Commit(writes);
  }

  std::unique_ptr<server::Ledger> ledger_;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_SERVER_STORE_LEDGER_FIXTURE_H_
