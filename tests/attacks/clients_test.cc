// Attacks with the rights to read and to submit: large, slow and endless calls.
// The comments say what each attack did before it was bounded.
#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/time_util.h"
#include "proto/dataset/dataset.h"
#include "proto/shared/token.h"
#include "tests/attacks/attack_fixture.h"

namespace fathom::test {
namespace {

using ::google::protobuf::util::TimeUtil;

using ClientAttack = AttackTest;

constexpr int64_t kMib = int64_t{1} << 20;

// No worker could receive a spec that its defaults made too large, and workers
// got no other work meanwhile.
TEST_F(ClientAttack, EveryWorkerCanReceiveEverySpec) {
  const auto expect_small = [&](const v1::SweepSpec& spec) {
    v1::Sweep sweep;
    if (!Create(spec, &sweep).ok()) return;
    EXPECT_LE(sweep.spec().ByteSizeLong(), 2 * kMib) << spec.name();
    v1::GetSpecRequest request;
    request.set_sweep_id(sweep.sweep_id());
    v1::SweepSpec received;
    EXPECT_TRUE(workers_->GetSpec(Within(20).get(), request, &received).ok());
  };
  for (const int64_t bytes : {3 * kMib, 63 * kMib}) {
    v1::SweepSpec table = HonestSpec("table", 10);
    v1::DataImport& import =
        *table.mutable_trial()->mutable_data()->mutable_import();
    import.set_table(std::string(bytes, 'x'));
    import.add_target("y");
    import.set_if_present(true);
    expect_small(table);
    v1::SweepSpec summary = HonestSpec("summary", 10);
    summary.mutable_summarize()->add_by(std::string(bytes, 'x'));
    expect_small(summary);
    v1::SweepSpec unknown = HonestSpec("unknown", 10);
    unknown.GetReflection()->MutableUnknownFields(&unknown)->AddLengthDelimited(
        4000, std::string(bytes, 'x'));
    expect_small(unknown);
  }
  ExpectUnharmed(8, 1200);
}

// Every look at one trial took 2 s, and eight looks at once kept all threads
// busy for 28 s.
TEST_F(ClientAttack, LongListsAreRefused) {
  v1::SweepSpec spec = HonestSpec("large", 10);
  v1::Axis& axis = *spec.mutable_axes(0)->mutable_axes(0);
  axis.set_field("learning_rate");
  for (int i = 0; i < 1'000'000; ++i) {
    axis.mutable_list()->add_values()->set_number(1 + i);
  }
  v1::Sweep sweep;
  EXPECT_FALSE(Create(spec, &sweep).ok());
  ExpectUnharmed(5, 800);
}

TEST_F(ClientAttack, LooksAtTrialsOfALongListAreCheap) {
  v1::SweepSpec spec = HonestSpec("large", 10);
  v1::Axis& axis = *spec.mutable_axes(0)->mutable_axes(0);
  axis.set_field("learning_rate");
  for (int i = 0; i < 60'000; ++i) {
    axis.mutable_list()->add_values()->set_number(1 + i);
  }
  v1::Sweep sweep;
  if (!Create(spec, &sweep).ok()) return;  // A refusal is fine.
  BeginAttack();
  for (int i = 0; i < 200; ++i) {
    v1::GetTrialRequest request;
    request.set_sweep(absl::StrCat(sweep.sweep_id()));
    request.set_trial_index(i * 250);
    v1::Trial trial;
    EXPECT_TRUE(sweeps_->GetTrial(Within(20).get(), request, &trial).ok());
  }
  ExpectUnharmed(10, 400);
}

// Six queries that nobody read stopped the queries of everyone else.
TEST_F(ClientAttack, AnswersThatNobodyReadsHoldNobodyUp) {
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::QueryResponse>>> unread;
  v1::QueryRequest endless;
  endless.set_sql(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) "
      "SELECT i, hex(zeroblob(100000)) FROM n");
  endless.set_row_limit(int64_t{1} << 40);
  *endless.mutable_time_limit() = TimeUtil::SecondsToDuration(600);
  for (int i = 0; i < 12; ++i) {
    contexts.push_back(Within(120));
    unread.push_back(sweeps_->Query(contexts.back().get(), endless));
  }
  ExpectUnharmed(30, 900);
  for (auto& context : contexts) context->TryCancel();
}

// SQLite runs each of these statements as a single step.
TEST_F(ClientAttack, StatementsWithoutABoundAreEnded) {
  for (const std::string sql :
       {"PRAGMA integrity_check", "SELECT * FROM dbstat WHERE aggregate=1",
        "SELECT max(length(hex(randomblob(100000000))))",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) "
        "SELECT count(*) FROM n",
        "WITH RECURSIVE n(s) AS (SELECT 'x' UNION ALL SELECT s||s FROM n) "
        "SELECT max(length(s)) FROM n",
        "SELECT printf('%.*c', 1000000000, 'x')"}) {
    v1::QueryRequest request;
    request.set_sql(sql);
    *request.mutable_time_limit() = TimeUtil::SecondsToDuration(1);
    const auto context = Within(20);
    const auto reader = sweeps_->Query(context.get(), request);
    v1::QueryResponse response;
    while (reader->Read(&response)) {
    }
    // The query is ended by the server, and not by this side after 20 s.
    EXPECT_NE(reader->Finish().error_message(), "Deadline Exceeded") << sql;
  }
  ExpectUnharmed(15, 900);
}

// 16 uploads that sent a byte now and then took all places for uploads, even
// from callers with other tokens.
TEST_F(ClientAttack, UploadsThatHardlyMoveHoldNobodyUp) {
  const std::string eve = NewToken();
  const std::string ada = NewToken();
  std::ofstream(folder_ + "/tokens")
      << *TokenLine(Role::kSubmit, "eve", eve) << "\n"
      << *TokenLine(Role::kSubmit, "ada", ada) << "\n";
  StartServer(folder_ + "/tokens");
  const auto within = [](int seconds, const std::string& token) {
    auto context = Within(seconds);
    context->AddMetadata("authorization", "Bearer " + token);
    return context;
  };
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<v1::Dataset>> answers;
  std::vector<std::unique_ptr<grpc::ClientWriter<v1::UploadDatasetRequest>>>
      slow;
  for (int i = 0; i < 64; ++i) {
    contexts.push_back(within(120, eve));
    answers.push_back(std::make_unique<v1::Dataset>());
    slow.push_back(
        sweeps_->UploadDataset(contexts.back().get(), answers.back().get()));
    v1::UploadDatasetRequest request;
    request.set_digest("sha256:" +
                       absl::StrCat(std::string(62, 'a'), 10 + i % 90));
    request.set_data("F");
    slow.back()->Write(request);
  }
  const Dataset data{
      .rows = 2, .columns = 1, .targets = 1, .x = {1, 2}, .y = {3, 4}};
  const std::string bytes = EncodeDataset(data);
  for (int tries = 0; tries < 4; ++tries) {
    v1::Dataset stored;
    const auto context = within(20, ada);
    const auto upload = sweeps_->UploadDataset(context.get(), &stored);
    v1::UploadDatasetRequest request;
    request.set_digest(DatasetDigest(bytes));
    request.set_data(bytes);
    upload->Write(request);
    upload->WritesDone();
    const grpc::Status status = upload->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  for (auto& context : contexts) context->TryCancel();
}

// Who may submit makes sweeps and deletes them again as fast as it can, and
// tries those of others.
TEST_F(ClientAttack, FloodsOfDeletionsHarmNobody) {
  const std::string eve = NewToken();
  const std::string ada = NewToken();
  std::ofstream(folder_ + "/tokens")
      << *TokenLine(Role::kSubmit, "eve", eve) << "\n"
      << *TokenLine(Role::kSubmit, "ada", ada) << "\n";
  StartServer(folder_ + "/tokens");
  const auto within = [](const std::string& token) {
    auto context = Within(60);
    context->AddMetadata("authorization", "Bearer " + token);
    return context;
  };
  const auto create = [&](const std::string& token, const std::string& name) {
    v1::CreateSweepRequest request;
    *request.mutable_spec() = HonestSpec(name, 10);
    request.set_force_new(true);
    v1::Sweep sweep;
    const grpc::Status made =
        sweeps_->CreateSweep(within(token).get(), request, &sweep);
    EXPECT_TRUE(made.ok()) << made.error_message();
    v1::CancelSweepRequest cancel;
    cancel.set_sweep(absl::StrCat(sweep.sweep_id()));
    const grpc::Status ended =
        sweeps_->CancelSweep(within(token).get(), cancel, &sweep);
    EXPECT_TRUE(ended.ok()) << ended.error_message();
    return sweep.sweep_id();
  };
  const auto remove = [&](const std::string& token, int64_t sweep_id) {
    v1::DeleteSweepRequest request;
    request.set_sweep(absl::StrCat("+", sweep_id));
    v1::DeleteSweepResponse response;
    return sweeps_->DeleteSweep(within(token).get(), request, &response);
  };
  const int64_t hers = create(ada, "hers");
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < 40; ++j) {
        EXPECT_EQ(remove(eve, hers).error_code(),
                  grpc::StatusCode::PERMISSION_DENIED);
        const int64_t own = create(eve, absl::StrCat("e", i, "-", j));
        EXPECT_TRUE(remove(eve, own).ok());
        EXPECT_EQ(remove(eve, own).error_code(), grpc::StatusCode::NOT_FOUND);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  v1::GetSweepRequest get;
  get.set_sweep(absl::StrCat(hers));
  v1::Sweep sweep;
  EXPECT_TRUE(sweeps_->GetSweep(within(ada).get(), get, &sweep).ok());
  v1::AuditResponse audit;
  EXPECT_TRUE(
      sweeps_->Audit(within(ada).get(), v1::AuditRequest(), &audit).ok());
  EXPECT_EQ(audit.problem_count(), 0);
  EXPECT_EQ(audit.sweeps_size(), 1);
}

}  // namespace
}  // namespace fathom::test
