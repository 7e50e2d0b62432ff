#include "proto/dataset/dataset_checker.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"

namespace fathom {
namespace {

constexpr uint64_t kExponent = uint64_t{0x7ff} << 52;
constexpr size_t kNumberBytes = sizeof(double);

template <typename T>
T LoadAt(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

// Whether all `count` doubles are finite. The loop has no branch, so that
// compilers can use vector instructions.
bool AllFinite(const char* bytes, int64_t count) {
  uint64_t bad = 0;
  for (int64_t i = 0; i < count; ++i) {
    const auto bits = LoadAt<uint64_t>(bytes + i * kNumberBytes);
    bad |= static_cast<uint64_t>((bits & kExponent) == kExponent);
  }
  return bad == 0;
}

bool FitsByte(double value) {
  return value >= 0 && value <= 255 && value == std::floor(value) &&
         !std::signbit(value);
}

}  // namespace

absl::Status DatasetChecker::Add(absl::string_view bytes) {
  received_ += static_cast<int64_t>(bytes.size());
  hash_.Update(bytes);
  if (!has_header_) RETURN_IF_ERROR(AddToHeader(bytes));
  if (!has_header_) return absl::OkStatus();
  if (received_ > expected_bytes()) {
    return absl::InvalidArgumentError(
        absl::StrCat("found more than the ", expected_bytes(), " bytes of ",
                     header_.shape.rows, " rows, ", header_.shape.columns,
                     " columns and ", header_.shape.targets, " targets"));
  }
  SkipFeatures(bytes);
  return AddDoubles(bytes);
}

absl::Status DatasetChecker::AddToHeader(absl::string_view& bytes) {
  const size_t wanted =
      std::min(kDatasetHeaderBytes - start_.size(), bytes.size());
  start_.append(bytes.data(), wanted);
  bytes.remove_prefix(wanted);
  if (start_.size() < kDatasetHeaderBytes) return absl::OkStatus();
  ASSIGN_OR_RETURN(header_, DecodeDatasetHeader(start_));
  if (header_.size_bytes > static_cast<uint64_t>(max_bytes_)) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "found a dataset of ", header_.shape.rows, " rows, ",
        header_.shape.columns, " columns and ", header_.shape.targets,
        " targets, expected one of at most ", max_bytes_, " bytes"));
  }
  // The product cannot overflow, as the whole dataset fits.
  features_ = header_.shape.rows * header_.shape.columns;
  has_header_ = true;
  start_.clear();
  return absl::OkStatus();
}

void DatasetChecker::SkipFeatures(absl::string_view& bytes) {
  if (!header_.uint8_features) return;
  // When targets have been checked, `next_` is above `features_`, and nothing
  // is skipped.
  const int64_t skipped = std::clamp<int64_t>(
      features_ - next_, 0, static_cast<int64_t>(bytes.size()));
  next_ += skipped;
  bytes.remove_prefix(static_cast<size_t>(skipped));
}

absl::Status DatasetChecker::AddDoubles(absl::string_view bytes) {
  if (!start_.empty()) {
    const size_t wanted = std::min(kNumberBytes - start_.size(), bytes.size());
    start_.append(bytes.data(), wanted);
    bytes.remove_prefix(wanted);
    if (start_.size() < kNumberBytes) return absl::OkStatus();
    RETURN_IF_ERROR(CheckDoubles(start_.data(), 1));
    start_.clear();
  }
  const auto count = static_cast<int64_t>(bytes.size() / kNumberBytes);
  RETURN_IF_ERROR(CheckDoubles(bytes.data(), count));
  bytes.remove_prefix(static_cast<size_t>(count) * kNumberBytes);
  start_.assign(bytes.data(), bytes.size());
  return absl::OkStatus();
}

absl::Status DatasetChecker::CheckDoubles(const char* bytes, int64_t count) {
  if (!AllFinite(bytes, count)) {
    for (int64_t i = 0; i < count; ++i) {
      const auto value = LoadAt<double>(bytes + i * kNumberBytes);
      if (!std::isfinite(value)) return NotANumber(next_ + i, value);
    }
  }
  const int64_t features =
      header_.uint8_features ? 0
                             : std::clamp<int64_t>(features_ - next_, 0, count);
  for (int64_t i = 0; small_ && i < features; ++i) {
    small_ = FitsByte(LoadAt<double>(bytes + i * kNumberBytes));
  }
  next_ += count;
  return absl::OkStatus();
}

absl::Status DatasetChecker::NotANumber(int64_t index, double value) const {
  const bool is_feature = index < features_;
  const int64_t width =
      is_feature ? header_.shape.columns : header_.shape.targets;
  if (!is_feature) index -= features_;
  return absl::InvalidArgumentError(
      absl::StrCat("found ", value, " in row ", index / width + 1, ", ",
                   is_feature ? "feature" : "target", " ", index % width + 1,
                   ", expected a number"));
}

absl::StatusOr<DatasetChecker::Checked> DatasetChecker::Finish() {
  if (!has_header_) {
    return absl::InvalidArgumentError(
        absl::StrCat("found ", received_, " bytes, expected a dataset, whose ",
                     "header has ", kDatasetHeaderBytes));
  }
  if (received_ != expected_bytes()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "found ", received_, " bytes, expected ", expected_bytes(), " for ",
        header_.shape.rows, " rows, ", header_.shape.columns, " columns and ",
        header_.shape.targets, " targets"));
  }
  if (!header_.uint8_features && small_) {
    return absl::InvalidArgumentError(
        "found features as float64, expected uint8: all are integers from 0 to "
        "255");
  }
  return Checked{.shape = header_.shape,
                 .digest = absl::StrCat("sha256:", hash_.HexDigest()),
                 .size_bytes = received_};
}

}  // namespace fathom
