#include "proto/shared/manual.h"

#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "proto/shared/number_between.h"

namespace fathom {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

class ManualTest : public testing::Test {
 protected:
  ManualTest() {
    program_.footer(
        "Examples:\n  prog run x  a\\b 'c'\n\nExit codes: 0 fine.\n`prog RUN "
        "--help` says more.");
    run_ = program_.add_subcommand("run", "run it");
    run_->add_option("spec", text_, "what to run")
        ->required()
        ->type_name("SPEC.yaml|PRESET");
    run_->footer(".dots at the start, and ± signs.\n\nExample:\n  prog run");
  }

  std::string PageOf(size_t which) {
    return ManualPages(program_, "1.2.3")[which].second;
  }

  CLI::App program_{"prog: does things. And more.\n\nExample: prog run x",
                    "prog"};
  CLI::App* run_;
  std::string text_;
  std::vector<std::string> texts_;
  int number_ = 3;
  bool flag_ = false;
};

TEST_F(ManualTest, ThereIsAPagePerCommand) {
  run_->add_subcommand("again", "once more");
  EXPECT_THAT(
      ManualPages(program_, "1"),
      ElementsAre(Pair("prog.1", HasSubstr(".TH \"PROG\" 1")),
                  Pair("prog-run.1", HasSubstr("prog\\-run \\- run it")),
                  Pair("prog-run-again.1", HasSubstr("once more"))));
}

TEST_F(ManualTest, TheProgramsPageNamesItsCommandsAndSections) {
  const std::string page = PageOf(0);
  EXPECT_THAT(page, HasSubstr("prog \\- does things\n"));
  EXPECT_THAT(page, HasSubstr(".SH COMMANDS\n.TP\n\\fBprog run\\fR\nrun it. "));
  EXPECT_THAT(page, HasSubstr(".SH EXAMPLES\n"));
  EXPECT_THAT(page, HasSubstr("prog run x  a\\eb \\(aqc\\(aq\n"));
  EXPECT_THAT(page, HasSubstr(".SH EXIT STATUS\n0 fine.\n"));
  EXPECT_THAT(page, HasSubstr("\"fathom 1.2.3\""));
  EXPECT_THAT(page, Not(HasSubstr(".PP\n.SH")));
}

TEST_F(ManualTest, AnOptionIsToldWholly) {
  CLI::Option* other = run_->add_flag("--other", flag_, "another");
  run_->add_option("-n,--number", number_, "how many")
      ->capture_default_str()
      ->check(IntegerBetween(1, 9))
      ->excludes(other)
      ->envname("PROG_N")
      ->type_name("N");
  run_->add_option("--form", text_, "how it is written")
      ->option_text("csv|jsonl (default: csv)");
  run_->add_option("--more", texts_, "and these")->type_name("NAME");
  run_->add_flag("--hidden", flag_, "secret")->group("");
  const std::string page = PageOf(1);
  EXPECT_THAT(page, HasSubstr(".TP\n\\fB\\-n\\fR, \\fB\\-\\-number\\fR "
                              "\\fIN\\fR\nhow many.\nFrom 1 to 9. Default: 3. "
                              "Otherwise the variable PROG_N. Not with "
                              "\\-\\-other.\n"));
  EXPECT_THAT(page, HasSubstr("\\fB\\-\\-form\\fR \\fIcsv|jsonl\\fR\nhow it is "
                              "written.\nDefault: csv.\n"));
  EXPECT_THAT(page, HasSubstr("and these.\nAs often as needed.\n"));
  EXPECT_THAT(page, HasSubstr("\\fB\\-\\-other\\fR\nanother.\nNot with "));
  EXPECT_THAT(page, Not(HasSubstr("hidden")));
  EXPECT_THAT(page, HasSubstr("\\fBprog run\\fR [\\fIOPTION\\fR...] "
                              "\\fISPEC.yaml|PRESET\\fR\n"));
}

TEST_F(ManualTest, NoTextIsARequestOfRoff) {
  const std::string page = PageOf(1);
  EXPECT_THAT(page, HasSubstr("\n\\&.dots at the start, and \\[u00B1] signs."));
  EXPECT_THAT(page, HasSubstr("prog run\n.fi\n.RE\n"));
  EXPECT_THAT(page, EndsWith("\n"));
}

TEST_F(ManualTest, PagesAreWrittenOnlyWhenAskedFor) {
  std::ostringstream err;
  EXPECT_EQ(WriteManualIfAsked(program_, {"run"}, "1", err), std::nullopt);
  EXPECT_EQ(WriteManualIfAsked(program_, {"--write-manual"}, "1", err),
            std::nullopt);
  EXPECT_EQ(err.str(), "");
  EXPECT_EQ(
      WriteManualIfAsked(program_, {"--write-manual", "/no/such"}, "1", err),
      1);
  EXPECT_EQ(err.str(),
            "prog: cannot write /no/such/prog.1: No such file or directory\n");
}

}  // namespace
}  // namespace fathom
