#include "client/load/export_rows.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::HasSubstr;

// A ledger with `trials` results that answers the questions of ExportResults.
class ManyResults : public v1::SweepService::Service {
 public:
  grpc::Status Query(grpc::ServerContext* /*context*/,
                     const v1::QueryRequest* request,
                     grpc::ServerWriter<v1::QueryResponse>* writer) override {
    ++queries;
    const auto number_after = [&](const std::string& words) {
      const std::vector<std::string> parts =
          absl::StrSplit(request->sql(), absl::MaxSplits(words, 1));
      int64_t number = 0;
      EXPECT_TRUE(absl::SimpleAtoi(
          std::vector<std::string>(absl::StrSplit(parts.at(1), ' '))[0],
          &number));
      return number;
    };
    const int64_t first = forgetful ? 0 : number_after("trial > ") + 1;
    const int64_t end = std::min(trials, first + number_after("LIMIT "));
    v1::QueryResponse response;
    response.add_columns("state");
    response.add_columns("trial");
    for (int64_t trial = first; trial < end; ++trial) {
      v1::QueryRow* row = response.add_rows();
      row->add_cells()->set_text("succeeded");
      row->add_cells()->set_integer(trial);
    }
    writer->Write(response);
    return grpc::Status::OK;
  }

  int64_t trials = 0;
  bool forgetful = false;
  int queries = 0;
};

class ExportRowsTest : public ::testing::Test {
 protected:
  ExportRowsTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&ledger_);
    server_ = builder.BuildAndStart();
    connection_ = std::make_unique<Connection>(
        server_->InProcessChannel({}), Connection::Options{.in_process = true});
  }
  ~ExportRowsTest() override { server_->Shutdown(); }

  absl::Status Read() {
    return ExportResults(*connection_, {},
                         [&](const v1::QueryResponse& response) {
                           for (const v1::QueryRow& row : response.rows()) {
                             EXPECT_EQ(row.cells(1).integer(), rows_++);
                           }
                           return absl::OkStatus();
                         });
  }

  ManyResults ledger_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Connection> connection_;
  int64_t rows_ = 0;
};

TEST_F(ExportRowsTest, EveryResultComesOnceHoweverManyThereAre) {
  for (const int64_t trials : {0, 1, 19'999, 20'000, 20'001, 50'000}) {
    ledger_.trials = trials;
    rows_ = 0;
    ASSERT_THAT(Read(), IsOk());
    EXPECT_EQ(rows_, trials);
  }
}

TEST_F(ExportRowsTest, ACoordinatorThatRepeatsItselfIsAnErrorAndNoLoop) {
  ledger_.trials = 20'000;
  ledger_.forgetful = true;
  EXPECT_THAT(Read(), StatusIs(absl::StatusCode::kInternal,
                               HasSubstr("found trial 19999 after 19999")));
  EXPECT_EQ(ledger_.queries, 2);
}

TEST_F(ExportRowsTest, AnErrorOfTheReaderEndsTheExport) {
  ledger_.trials = 50'000;
  EXPECT_THAT(ExportResults(*connection_, {},
                            [](const v1::QueryResponse&) {
                              return absl::CancelledError("enough");
                            }),
              StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(ledger_.queries, 1);
}

}  // namespace
}  // namespace fathom::client
