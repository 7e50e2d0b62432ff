#include "proto/shared/completion.h"

#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gmock/gmock.h"

namespace fathom {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

// A program with two commands, one of which has commands of its own.
class CompletionTest : public testing::Test {
 protected:
  CompletionTest() {
    CLI::App* train = program_.add_subcommand("train", "train it; slowly");
    train->add_option("spec", text_, "what")->type_name("SPEC|THING");
    train->add_option("--db", text_, "ledger")->type_name("FILE");
    train->add_option("--plot", text_, "folder")->type_name("DIR");
    train->add_option("--format", text_, "form")
        ->option_text("csv|jsonl (default: csv)");
    train->add_option("--ignore", texts_, "more")->type_name("NAME");
    train->add_flag("-q,--quiet", flag_, "say nothing");
    train->add_flag("--secret", flag_, "not shown")->group("");
    CLI::App* data = program_.add_subcommand("data", "look");
    data->add_subcommand("info", "say")->add_option("files", texts_, "files");
    data->add_subcommand("import", "put");
  }

  Completions Of(const std::vector<std::string>& words) {
    return Complete(
        program_, words,
        [this](absl::string_view placeholder, absl::Span<const std::string>) {
          asked_.emplace_back(placeholder);
          std::vector<Candidate> values;
          if (absl::StrContains(placeholder, "THING")) {
            values = {{"thing-1", "the first"}, {"thing-2", ""}};
          }
          return values;
        });
  }
  std::vector<std::string> Words(const std::vector<std::string>& words) {
    std::vector<std::string> found;
    for (const Candidate& each : Of(words).candidates) {
      found.push_back(each.word);
    }
    return found;
  }

  CLI::App program_{"a program", "prog"};
  std::vector<std::string> asked_;
  std::string text_;
  std::vector<std::string> texts_;
  bool flag_ = false;
};

TEST_F(CompletionTest, CommandsComeFirst) {
  EXPECT_THAT(Words({""}), ElementsAre("train", "data"));
  EXPECT_THAT(Words({"t"}), ElementsAre("train"));
  EXPECT_THAT(Words({"data", ""}), ElementsAre("info", "import"));
  EXPECT_THAT(Words({"data", "imp"}), ElementsAre("import"));
}

TEST_F(CompletionTest, OptionsAreThoseOfTheHelp) {
  EXPECT_THAT(Words({"train", "-"}),
              ElementsAre("-h", "--help", "--db", "--plot", "--format",
                          "--ignore", "-q", "--quiet"));
  EXPECT_THAT(Words({"train", "--q"}), ElementsAre("--quiet"));
  EXPECT_THAT(Words({"-"}), ElementsAre("-h", "--help"));
}

TEST_F(CompletionTest, AnOptionIsGivenOnceUnlessItTakesMore) {
  EXPECT_THAT(Words({"train", "--db", "x", "--d"}), IsEmpty());
  EXPECT_THAT(Words({"train", "--db=x", "--i"}), ElementsAre("--ignore"));
  EXPECT_THAT(Words({"train", "--ignore", "x", "--i"}),
              ElementsAre("--ignore"));
  // A value that looks like one.
  EXPECT_THAT(Words({"train", "--ignore", "--db", "--d"}), ElementsAre("--db"));
}

TEST_F(CompletionTest, ValuesOfAnOption) {
  EXPECT_THAT(Words({"train", "--format", ""}), ElementsAre("csv", "jsonl"));
  EXPECT_THAT(Words({"train", "--format", "j"}), ElementsAre("jsonl"));
  EXPECT_THAT(Words({"train", "--format=j"}), ElementsAre("--format=jsonl"));
  // As bash hands them over.
  EXPECT_THAT(Words({"train", "--format", "=", "j"}), ElementsAre("jsonl"));
  EXPECT_THAT(Words({"train", "--quiet=j"}), IsEmpty());
  EXPECT_THAT(Words({"train", "--nothing=j"}), IsEmpty());
}

TEST_F(CompletionTest, FilesAndFoldersAreForTheShell) {
  EXPECT_TRUE(Of({"train", "--db", ""}).files);
  EXPECT_FALSE(Of({"train", "--db", ""}).folders);
  EXPECT_TRUE(Of({"train", "--plot", "x"}).folders);
  EXPECT_TRUE(Of({"train", ""}).files);
  EXPECT_FALSE(Of({"train", "--format", ""}).files);
}

TEST_F(CompletionTest, ValuesOfAnArgument) {
  EXPECT_THAT(Words({"train", ""}), ElementsAre("thing-1", "thing-2"));
  EXPECT_THAT(Words({"train", "thing-2", "t"}), IsEmpty());
  EXPECT_THAT(Words({"train", "--quiet", "--db", "x", "thing-2"}),
              ElementsAre("thing-2"));
  // The last argument is a list.
  asked_.clear();
  Words({"data", "info", "a", "b", "c"});
  EXPECT_THAT(asked_, ElementsAre("TEXT"));
  // A name of a command behind an argument is none.
  EXPECT_THAT(Words({"train", "data", "i"}), IsEmpty());
}

TEST_F(CompletionTest, BehindTwoDashesThereAreNoOptions) {
  EXPECT_THAT(Words({"train", "--", "-"}), IsEmpty());
  EXPECT_THAT(Words({"train", "--", "t"}), IsSupersetOf({"thing-1"}));
}

TEST_F(CompletionTest, NothingIsKnownOfWhatIsNone) {
  EXPECT_THAT(Words({}), IsEmpty());
  EXPECT_THAT(Words({"nothing", "--d"}), IsEmpty());
  EXPECT_THAT(Words({"\xff\n", "\xff"}), IsEmpty());
}

TEST_F(CompletionTest, TheAnswerIsALinePerWord) {
  std::ostringstream out;
  const auto none = [](auto, auto) {
    return std::vector<Candidate>{{"a\nb", "c\td"}};
  };
  EXPECT_FALSE(CompleteIfAsked(program_, {"train", "--complete"}, none, out));
  EXPECT_EQ(out.str(), "");
  EXPECT_TRUE(CompleteIfAsked(program_, {"--complete", "tr"}, none, out));
  EXPECT_EQ(out.str(), "words\ntrain\ttrain it\n");
  out.str("");
  EXPECT_TRUE(
      CompleteIfAsked(program_, {"--complete", "train", "a"}, none, out));
  EXPECT_EQ(out.str(), "files\na\\nb\tc\\td\n");
}

}  // namespace
}  // namespace fathom
