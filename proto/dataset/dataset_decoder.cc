#include "proto/dataset/dataset_decoder.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"

namespace fathom {
namespace {

constexpr auto kHeaderSize = static_cast<int64_t>(kDatasetHeaderBytes);

// Copies those of `bytes`, which begin at `at`, that belong to `values`, whose
// own bytes begin at `begin`.
void CopyDoubles(int64_t at, absl::string_view bytes, int64_t begin,
                 std::vector<double>& values) {
  const int64_t end =
      begin + static_cast<int64_t>(values.size() * sizeof(double));
  const int64_t from = std::max(at, begin);
  const int64_t to = std::min(at + static_cast<int64_t>(bytes.size()), end);
  if (from >= to) return;
  std::memcpy(reinterpret_cast<char*>(values.data()) + (from - begin),
              bytes.data() + (from - at), static_cast<size_t>(to - from));
}

}  // namespace

absl::Status DatasetDecoder::Add(absl::string_view bytes) {
  const int64_t at = checker_.received_bytes();
  RETURN_IF_ERROR(checker_.Add(bytes));
  if (checker_.expected_bytes() == 0) return absl::OkStatus();
  if (dataset_.rows == 0) RETURN_IF_ERROR(Allocate());
  // A part of these bytes may belong to the header.
  const int64_t skipped = std::clamp<int64_t>(
      kHeaderSize - at, 0, static_cast<int64_t>(bytes.size()));
  bytes.remove_prefix(static_cast<size_t>(skipped));
  Copy(at + skipped - kHeaderSize, bytes);
  return absl::OkStatus();
}

absl::Status DatasetDecoder::Allocate() {
  const DatasetShape& shape = checker_.header().shape;
  if (checker_.expected_bytes() != size_bytes_) {
    return absl::InvalidArgumentError(absl::StrCat(
        "found ", size_bytes_, " bytes, expected ", checker_.expected_bytes(),
        " for ", shape.rows, " rows, ", shape.columns, " columns and ",
        shape.targets, " targets"));
  }
  dataset_.rows = shape.rows;
  dataset_.columns = shape.columns;
  dataset_.targets = shape.targets;
  dataset_.x.resize(static_cast<size_t>(shape.rows) * shape.columns);
  dataset_.y.resize(static_cast<size_t>(shape.rows) * shape.targets);
  return absl::OkStatus();
}

void DatasetDecoder::Copy(int64_t at, absl::string_view bytes) {
  const auto x_count = static_cast<int64_t>(dataset_.x.size());
  if (checker_.header().uint8_features) {
    const int64_t features = std::clamp<int64_t>(
        x_count - at, 0, static_cast<int64_t>(bytes.size()));
    const auto* values = reinterpret_cast<const uint8_t*>(bytes.data());
    std::copy(values, values + features,
              dataset_.x.begin() + std::min(at, x_count));
    CopyDoubles(at, bytes, x_count, dataset_.y);
    return;
  }
  const auto x_bytes = static_cast<int64_t>(x_count * sizeof(double));
  CopyDoubles(at, bytes, 0, dataset_.x);
  CopyDoubles(at, bytes, x_bytes, dataset_.y);
}

absl::StatusOr<DatasetDecoder::Decoded> DatasetDecoder::Finish() {
  ASSIGN_OR_RETURN(DatasetChecker::Checked checked, checker_.Finish());
  return Decoded{.dataset = std::move(dataset_),
                 .digest = std::move(checked.digest)};
}

}  // namespace fathom
