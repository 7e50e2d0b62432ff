// This file implements those functions of fields.h that turn names and values
// into words.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "proto/sweep/fields.h"

namespace fathom {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;

// Returns the prefix of the values of an enum: "LOSS_FACTOR_" for LossFactor.
std::string EnumPrefix(const EnumDescriptor& type) {
  std::string prefix;
  for (const char c : type.name()) {
    if (absl::ascii_isupper(c) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(c);
  }
  return prefix + "_";
}

// Returns the distance of two words in single insertions, deletions,
// substitutions and swaps of neighbours (optimal string alignment). Takes O(|a|
// |b|) time.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, last);
    std::swap(last, row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, substitution});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

// The names that other programs have for the fields and sections of a spec. By
// letters alone, such a name is too far from ours to count as misspelled, or
// nearer to another of our names.
constexpr struct {
  absl::string_view ours;
  // Separated by blanks, with one at either end.
  absl::string_view others;
} kOtherNames[] = {
    {"learning_rate", " lr eta alpha rate step_size stepsize "},
    {"weight_decay", " wd decay l2 "},
    {"momentum", " mu "},
    {"epsilon", " eps "},
    {"batch_size", " batch minibatch bs "},
    {"batch_order", " shuffle sampling sampler "},
    {"schedule", " scheduler lr_schedule lr_scheduler lr_decay "},
    {"decay", " gamma decay_rate "},
    {"every", " step_size period decay_steps "},
    {"floor", " eta_min min_lr alpha "},
    {"warm_up", " warmup warmup_steps warm_up_steps num_warmup_steps "},
    {"optimizer", " opt algorithm solver "},
    {"name", " opt algorithm solver optimizer title "},
    {"steps",
     " epochs iterations iters n_steps num_steps max_steps max_iter n_iter "},
    {"seed", " random_state random_seed seeds "},
    {"lp", " p "},
    {"depth", " layers n_layers num_layers "},
    {"hidden_width", " width hidden hidden_size hidden_dim units "},
    {"std", " sigma scale "},
    {"norm", " scale "},
    {"rows", " points samples n_samples num_samples m n "},
    {"columns", " features n_features num_features dim d "},
    {"outputs", " targets n_targets k "},
    {"condition", " condition_number kappa "},
    {"noise", " noise_std "},
    {"standardize", " standardise normalize normalise "},
    {"precision", " dtype "},
    {"file", " path filename csv dataset data "},
    {"target", " label labels y "},
    {"ignore", " drop exclude skip "},
    {"delimiter", " sep separator seperator "},
    {"decimal", " decimal_point "},
    {"missing_value", " na na_values missing_values "},
    {"categorical", " categories "},
    {"test", " test_set test_split test_size holdout hold_out held_out "},
    {"validation", " val valid dev val_split validation_split val_size "},
    {"test_file", " test_data test_csv "},
    {"validation_file", " val_file validation_data val_data "},
    {"metrics", " metric "},
    {"loss", " objective "},
    {"model", " net network architecture "},
    {"data", " dataset "},
    {"axes", " grid sweep parameters params "},
    {"by", " group_by groupby "},
    {"average_over", " mean_over average "},
    {"count", " steps points num n "},
    {"from", " start min "},
    {"to", " stop end max "},
};

// Returns the entry of `known` that other programs call `word`, or "".
std::string KnownElsewhereAs(absl::string_view word,
                             absl::Span<const std::string> known) {
  if (absl::StrContains(word, ' ')) return "";
  const std::string between = absl::StrCat(" ", word, " ");
  for (const auto& [ours, others] : kOtherNames) {
    if (!absl::StrContains(others, between)) continue;
    for (const std::string& name : known) {
      if (name == ours) return name;
    }
  }
  return "";
}

}  // namespace

std::string ValueText(const v1::Value& value) {
  switch (value.kind_case()) {
    case v1::Value::kNumber:
      return NumberText(value.number());
    case v1::Value::kInteger:
      return absl::StrCat(value.integer());
    case v1::Value::kText:
      return value.text();
    case v1::Value::kFlag:
      return value.flag() ? "true" : "false";
    case v1::Value::KIND_NOT_SET:
      break;
  }
  return "no value";
}

std::string NumberText(double number) {
  if (std::isnan(number)) return "nan";
  char buffer[64];
  const std::to_chars_result end =
      std::to_chars(buffer, buffer + sizeof(buffer), number);
  std::string text(buffer, end.ptr);
  // to_chars writes 1e-05 and 1e+20; people write 1e-5 and 1e20.
  const size_t e = text.find('e');
  if (e == std::string::npos) return text;
  size_t digits = e + 1;
  if (text[digits] == '+') text.erase(digits, 1);
  if (text[digits] == '-') ++digits;
  while (text[digits] == '0' && digits + 1 < text.size()) text.erase(digits, 1);
  return text;
}

std::string EnumText(const EnumValueDescriptor& value) {
  return absl::AsciiStrToLower(
      absl::StripPrefix(value.name(), EnumPrefix(*value.type())));
}

std::string NearestName(absl::string_view word,
                        absl::Span<const std::string> known) {
  constexpr size_t kLongestWord = 100;
  if (word.empty() || word.size() > kLongestWord) return "";
  const std::string lower = absl::AsciiStrToLower(word);
  std::string nearest;
  size_t least = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string& name : known) {
    // The distance is at least the difference of the lengths. Names that are
    // too far away by this bound are skipped, as the search would otherwise
    // cost too much for a message full of long words.
    const size_t missing =
        std::max(word.size(), name.size()) - std::min(word.size(), name.size());
    if (missing >= least) continue;
    const size_t distance = EditDistance(lower, absl::AsciiStrToLower(name));
    if (distance == 0) return name;
    // A change of half of a short word is not a spelling mistake.
    if (distance < least && 2 * distance < std::max(word.size(), name.size())) {
      least = distance;
      nearest = name;
    }
  }
  const std::string meant = KnownElsewhereAs(lower, known);
  return meant.empty() ? nearest : meant;
}

}  // namespace fathom
