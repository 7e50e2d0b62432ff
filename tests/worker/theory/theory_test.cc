#include "worker/theory/theory.h"

#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace fathom::worker {
namespace {

using ::fathom::test::StatusIs;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using theory::Formulas;

v1::TheoryReport Check(const std::string& only,
                       const Formulas& formulas = theory::PaperFormulas()) {
  absl::StatusOr<v1::TheoryReport> report = CheckTheory(
      only, [](absl::string_view) {}, formulas);
  EXPECT_OK(report);
  return report.ok() ? *std::move(report) : v1::TheoryReport();
}

// The claims of the checks that do not hold.
std::set<std::string> Broken(const v1::TheoryReport& report) {
  std::set<std::string> broken;
  for (const v1::TheoryCheck& check : report.checks()) {
    if (!check.holds()) broken.insert(check.claim());
  }
  return broken;
}

TEST(TheoryTest, EveryClaimOfThePapersHolds) {
  const v1::TheoryReport report = Check("");
  std::set<std::string> claims;
  for (const v1::TheoryCheck& check : report.checks()) {
    EXPECT_TRUE(check.holds()) << check.ShortDebugString();
    EXPECT_EQ(check.holds(), check.residual() <= check.tolerance());
    EXPECT_NE(check.statement(), "");
    EXPECT_NE(check.setting(), "");
    claims.insert(check.claim());
  }
  EXPECT_EQ(claims.size(), TheoryClaims().size());
}

// One formula of the papers, made wrong by a hundredth.
struct Mistake {
  std::string name;
  std::function<void(Formulas*)> make;
  std::vector<std::string> found_by;  // Titles.
};

std::vector<Mistake> Mistakes() {
  const Formulas right = theory::PaperFormulas();
  constexpr double kOff = 1.01;
  return {
      {"rho",
       [=](Formulas* f) {
         f->warm_up_rho = [=](double eta, double omega) {
           return kOff * right.warm_up_rho(eta, omega);
         };
       },
       {"Warm-up"}},
      {"gamma",
       [=](Formulas* f) {
         f->warm_up_gamma = [=](double eta, double omega, double along) {
           return kOff * right.warm_up_gamma(eta, omega, along);
         };
       },
       {"Warm-up"}},
      {"order",
       [=](Formulas* f) { f->rule_order = [](double n) { return 1.01 * n; }; },
       {"Theorem 1", "Independence of width", "Claim 1", "Theorem 2",
        "Acceleration", "Singular values"}},
      {"decay",
       [=](Formulas* f) {
         f->decay_factor = [](double n) { return 1.01 * n; };
       },
       {"Theorem 1", "Independence of width"}},
      {"balance",
       [=](Formulas* f) {
         f->balance_left = [](double lambda, double t) {
           return std::exp(-2.02 * lambda * t);
         };
       },
       {"Balancedness"}},
      {"eigenvalue",
       [=](Formulas* f) {
         f->eigenvalue = [=](double n, double s, double t) {
           return kOff * right.eigenvalue(n, s, t);
         };
       },
       {"Claim 1"}},
      {"adaptive rate",
       [=](Formulas* f) {
         f->adaptive_rate = [](double n, double norm) {
           return std::pow(norm, 2 - 2.02 / n);
         };
       },
       {"Claim 2"}},
      {"stretch",
       [=](Formulas* f) { f->stretch = [](double n) { return 1.01 * n - 1; }; },
       {"Claim 2"}},
      {"line integral",
       [=](Formulas* f) {
         f->line_integral = [=](double n, double c, double r, double big_r) {
           return kOff * right.line_integral(n, c, r, big_r);
         };
       },
       {"Theorem 2"}},
      {"largest rate",
       [=](Formulas* f) {
         f->largest_rate = [=](double n, int p) {
           return (n > 1 ? kOff : 1) * right.largest_rate(n, p);
         };
       },
       {"Acceleration"}},
      {"rank",
       [=](Formulas* f) { f->gradient_rank = [](int64_t k) { return k - 1; }; },
       {"Rank one"}},
      {"singular values",
       [=](Formulas* f) {
         f->singular_speed = [=](double n, double sigma) {
           return kOff * right.singular_speed(n, sigma);
         };
       },
       {"Singular values"}},
      {"mode",
       [=](Formulas* f) {
         f->mode = [=](double s, double u, double t) {
           return right.mode(s, u, 1.01 * t);
         };
       },
       {"Saxe's modes"}},
  };
}

TEST(TheoryTest, AFormulaThatIsOffByAHundredthIsFoundOut) {
  for (const Mistake& mistake : Mistakes()) {
    Formulas wrong = theory::PaperFormulas();
    mistake.make(&wrong);
    for (const std::string& claim : mistake.found_by) {
      EXPECT_THAT(Broken(Check(claim, wrong)), ElementsAre(claim))
          << mistake.name;
    }
  }
}

// Not one lucky setting: each of the settings that a formula matters in.
TEST(TheoryTest, EverySettingFindsTheMistake) {
  Formulas wrong = theory::PaperFormulas();
  wrong.rule_order = [](double n) { return 1.01 * n; };
  v1::TheoryReport report = Check("theorem-1", wrong);
  for (const v1::TheoryCheck& check : report.checks()) {
    // The rule is the Euler method of its own flow, wrong or not.
    EXPECT_EQ(check.holds(), check.statement() == "rule - flow = O(eta)")
        << check.ShortDebugString();
  }
  wrong = theory::PaperFormulas();
  wrong.stretch = [](double n) { return 1.01 * n - 1; };
  report = Check("claim-2", wrong);
  for (const v1::TheoryCheck& check : report.checks()) {
    EXPECT_EQ(check.holds(), check.predicted() == 0)  // W = 0.
        << check.ShortDebugString();
  }
}

TEST(TheoryTest, ChecksAlwaysFindTheSame) {
  EXPECT_EQ(Check("saxe").SerializeAsString(),
            Check("Saxe").SerializeAsString());
}

TEST(TheoryTest, OnlyThoseNamedAreChecked) {
  std::vector<std::string> titles;
  ASSERT_OK(CheckTheory(
      "claim-", [&](absl::string_view title) { titles.emplace_back(title); }));
  EXPECT_THAT(titles, ElementsAre("Claim 1", "Claim 2"));
}

TEST(TheoryTest, AnUnknownClaimIsRefusedWithThoseThereAre) {
  const auto report = CheckTheory("theorem-9", [](absl::string_view) {});
  EXPECT_THAT(report, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(report.status().message()),
              AllOf(HasSubstr("\"theorem-9\""), HasSubstr("theorem-1")));
  EXPECT_THAT(TheoryClaims(), Contains("theorem-2"));
}

}  // namespace
}  // namespace fathom::worker
