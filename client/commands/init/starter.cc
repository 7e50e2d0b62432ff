#include "client/commands/init/starter.h"

#include <cmath>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/data/summary.h"
#include "client/spec/spec_writer.h"
#include "client/view/format.h"

namespace fathom::client {
namespace {

constexpr int kCommentWidth = 78;

// Returns `text` as lines of a comment.
std::string Comment(const std::string& text) {
  std::string lines;
  std::string line = "#";
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    if (line.size() > 1 && line.size() + 1 + word.size() > kCommentWidth) {
      absl::StrAppend(&lines, line, "\n");
      line = "#";
    }
    absl::StrAppend(&line, " ", word);
  }
  return absl::StrCat(lines, line, "\n");
}

// Whether the dataset has one target of classes: of texts, or of few small
// whole numbers that come often. Rents and ages are whole numbers as well.
bool IsOfClasses(const ImportedDataset& imported) {
  if (imported.dataset.targets != 1) return false;
  const TargetSummary target = Summarize(imported).targets[0];
  if (!target.names.empty()) return true;
  constexpr size_t kRowsPerClass = 5;
  const auto rows = static_cast<size_t>(imported.dataset.rows);
  return target.classes.size() >= 2 &&
         rows >= kRowsPerClass * target.classes.size() &&
         absl::c_all_of(target.classes, [](const auto& value_and_rows) {
           return value_and_rows.first >= 0 &&
                  value_and_rows.first <= kMaxClasses &&
                  value_and_rows.first == std::floor(value_and_rows.first);
         });
}

std::string DataComment(const StarterData& data) {
  const Dataset& dataset = data.imported.dataset;
  std::string text = absl::StrCat(CountText(dataset.rows, "row"), " of ",
                                  CountText(dataset.columns, "feature"), ".");
  if (data.guessed) {
    absl::StrAppend(
        &text, " That ", Printable(data.import.target(0)),
        " is the target was guessed: change it if it is another column. All "
        "others are features; `ignore: [...]` leaves columns out.");
  }
  for (const std::string& note : data.imported.notes) {
    absl::StrAppend(&text, " Note: ", Printable(note), ".");
  }
  return absl::StrCat(text,
                      " Standardizing gives each feature mean 0 and standard "
                      "deviation 1: the largest would set the limit of the "
                      "learning rate for all.");
}

// Returns the lines on the data, as the writer of specs has them.
std::string DataLines(const StarterData& data, bool classes) {
  v1::SweepSpec spec;
  spec.set_name(data.name);
  v1::DataSpec& written = *spec.mutable_trial()->mutable_data();
  *written.mutable_import() = data.import;
  written.set_standardize(true);
  if (classes) written.set_one_hot(true);
  const std::string yaml = ToYaml(spec);
  return yaml.substr(yaml.find("data:"));
}

std::string NameLine(const std::string& name) {
  v1::SweepSpec spec;
  spec.set_name(name);
  const std::string yaml = ToYaml(spec);
  return yaml.substr(0, yaml.find('\n') + 1);
}

constexpr char kSynthetic[] =
    R"(# 500 generated rows of 20 features, whose covariance has a condition number of
# 100, with targets that are linear in them but for some noise. `fathom init
# DATA.csv` begins with data of your own.
data: {synthetic: {rows: 500, columns: 20, condition: 100, noise: 0.1}}
)";

constexpr char kRegression[] = R"(
# (1/p) mean |prediction - y|^p; what p is varies below.
loss: {factor: one_over_p}

# A linear map, written as a product of `depth` matrices. A balanced start has
# the same end-to-end matrix at every depth, so that all curves begin alike.
model: {family: linear_net, init: {scheme: balanced, norm: 0.1}}

optimizer: {name: gd}
steps: 1000

# What varies: the sweep is the grid of all combinations. Rates that are too
# large diverge, which is a result; others may be missing at the small end.
axes:
  lp: [2, 4]
  depth: [1, 2, 3]
  learning_rate: {log: {from: 1e-4, to: 1e-1, per_decade: 2}}

# What is measured, at about 100 steps that are evenly spaced on a log axis.
record: {metrics: [loss, lp_error, weight_norm], points: 100}

# The table at the end: the best rate per p and depth.
summarize: {by: [lp, depth], best_over: [learning_rate], metric: lp_error}
)";

constexpr char kClasses[] = R"(
# The target has classes: an output for each, and the negative log-likelihood.
loss: {kind: cross_entropy}

# A linear map, written as a product of `depth` matrices. A balanced start has
# the same end-to-end matrix at every depth, so that all curves begin alike.
model: {family: linear_net, init: {scheme: balanced, norm: 0.1}}

optimizer: {name: gd}
steps: 1000

# What varies: the sweep is the grid of all combinations. Rates that are too
# large diverge, which is a result; others may be missing at the small end.
axes:
  depth: [1, 2, 3]
  learning_rate: {log: {from: 1e-3, to: 1, per_decade: 2}}

# What is measured, at about 100 steps that are evenly spaced on a log axis.
record: {metrics: [loss, accuracy, weight_norm], points: 100}

# The table at the end: the best rate per depth.
summarize: {by: [depth], best_over: [learning_rate], metric: loss}
)";

}  // namespace

std::string StarterText(const StarterData& data) {
  const bool generated =
      data.import.file().empty() && data.import.builtin().empty();
  const bool classes = !generated && IsOfClasses(data.imported);
  return absl::StrCat(
      Comment("What does depth do to training? A sweep to start with: change "
              "what you like. `fathom check` says what it would be and take, "
              "and `fathom run` runs it."),
      NameLine(data.name), "\n",
      generated
          ? kSynthetic
          : absl::StrCat(Comment(DataComment(data)), DataLines(data, classes)),
      classes ? kClasses : kRegression);
}

}  // namespace fathom::client
