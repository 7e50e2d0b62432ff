#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/server/store/ledger_fixture.h"

namespace fathom::server {
namespace {

using ::fathom::test::LedgerTest;
using ::fathom::test::SecondsIn;
using ::fathom::test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

RecordOptimum NewOptimum(double value, const std::string& session_id = "s1",
                         const std::string& numerics = "n1") {
  RecordOptimum write;
  v1::SyntheticData& data = *write.optimum.mutable_data()->mutable_synthetic();
  data.set_rows(10);
  data.set_columns(4);
  write.optimum.mutable_loss()->set_kind(v1::LOSS_KIND_LP);
  write.optimum.mutable_loss()->set_lp(4);
  write.optimum.mutable_loss()->set_factor(v1::LOSS_FACTOR_ONE_OVER_P);
  write.optimum.set_value(value);
  write.optimum.set_gap(1e-14);
  write.optimum.set_iterations(7);
  write.session_id = session_id;
  write.numerics = numerics;
  write.time = SecondsIn(3);
  return write;
}

v1::GetOptimumRequest RequestOf(const RecordOptimum& write) {
  v1::GetOptimumRequest request;
  *request.mutable_data() = write.optimum.data();
  *request.mutable_loss() = write.optimum.loss();
  request.set_numerics(write.numerics);
  return request;
}

TEST_F(LedgerTest, AnOptimumComesBackToTheBit) {
  const RecordOptimum write = NewOptimum(0.1 + 1e-17 * 4);
  ASSERT_OK(Commit({write}));

  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);
  const auto found = (*reader)->GetOptimum(RequestOf(write));

  ASSERT_OK(found);
  EXPECT_EQ(found->SerializeAsString(), write.optimum.SerializeAsString());
}

TEST_F(LedgerTest, AnOptimumBelongsToItsDataLossAndNumerics) {
  const RecordOptimum write = NewOptimum(0.5);
  ASSERT_OK(Commit({write}));
  auto reader = LedgerReader::Open(path_);
  ASSERT_OK(reader);

  v1::GetOptimumRequest same = RequestOf(write);
  same.mutable_data()->mutable_import()->set_file("elsewhere.csv");
  EXPECT_OK((*reader)->GetOptimum(same));

  std::vector<v1::GetOptimumRequest> others(4, RequestOf(write));
  others[0].mutable_data()->mutable_synthetic()->set_seed(1);
  others[1].mutable_loss()->set_lp(6);
  others[2].mutable_loss()->set_factor(v1::LOSS_FACTOR_ONE);
  others[3].set_numerics("n2");
  for (const v1::GetOptimumRequest& other : others) {
    EXPECT_THAT((*reader)->GetOptimum(other),
                StatusIs(absl::StatusCode::kNotFound))
        << other.ShortDebugString();
  }
}

TEST_F(LedgerTest, TheFirstOptimumStaysAndAnotherOneIsAnAlarm) {
  ASSERT_OK(Commit({NewOptimum(0.5)}));

  ASSERT_OK(Commit({NewOptimum(0.5, "s2"), NewOptimum(0.75, "s2", "n2")}));
  EXPECT_THAT(Rows("SELECT * FROM events"), IsEmpty());
  ASSERT_OK(Commit({NewOptimum(0.5 + 1e-16, "s2")}));
  EXPECT_THAT(Rows("SELECT kind,sweep,trial,message FROM events"),
              ElementsAre(AllOf(HasSubstr("optimum_mismatch|NULL|NULL|"),
                                HasSubstr("of n1 is 0.5 (gap 1e-14, 7 steps); "
                                          "session s2 found 0.5000000"))));

  EXPECT_THAT(Rows("SELECT loss,lp,factor,value,gap,iterations,numerics,worker,"
                   "time FROM optima ORDER BY numerics"),
              ElementsAre("lp|4|one_over_p|0.5|1e-14|7|n1|worker-of-s1|"
                          "2023-11-14T22:13:23.000Z",
                          "lp|4|one_over_p|0.75|1e-14|7|n2|worker-of-s2|"
                          "2023-11-14T22:13:23.000Z"));
}

TEST_F(LedgerTest, TheOptimaOfDataAreFoundByIt) {
  RecordOptimum entropy = NewOptimum(0.25);
  entropy.optimum.mutable_loss()->set_kind(v1::LOSS_KIND_CROSS_ENTROPY);
  ASSERT_OK(Commit({entropy}));
  EXPECT_THAT(
      Rows("SELECT loss,lp,factor,data FROM optima"),
      ElementsAre("cross_entropy|NULL|NULL|"
                  "{\"synthetic\":{\"rows\":10,\"columns\":4,\"seed\":0}}"));
}

TEST_F(LedgerTest, OptimaOutliveTheLedger) {
  const RecordOptimum write = NewOptimum(0.5);
  ASSERT_OK(Commit({write}));
  ledger_.reset();
  ledger_ = OpenLedger();
  ASSERT_NE(ledger_, nullptr);
  ASSERT_OK(Commit({NewOptimum(0.5)}));
  EXPECT_THAT(Rows("SELECT value FROM optima"), ElementsAre("0.5"));
}

}  // namespace
}  // namespace fathom::server
