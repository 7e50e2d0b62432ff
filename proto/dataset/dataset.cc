#include "proto/dataset/dataset.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proto/shared/sha256.h"
#include "proto/shared/status.h"

namespace fathom {
namespace {

static_assert(std::endian::native == std::endian::little,
              "canonical bytes are copied, not converted");

constexpr absl::string_view kMagic = "FATHOMD1";
constexpr absl::string_view kDigestPrefix = "sha256:";
constexpr size_t kShapeBytes = 24;
constexpr size_t kHeaderBytes = kDatasetHeaderBytes;
constexpr size_t kTypeOffset = 24;

enum class ValueType : char { kFloat64 = 0, kUint8 = 1 };

template <typename T>
void Append(T value, std::string* out) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out->append(bytes, sizeof(T));
}

template <typename T>
T Load(absl::string_view bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

bool IsUint8(double value) {
  return value >= 0 && value <= 255 && value == std::floor(value) &&
         !std::signbit(value);
}

ValueType TypeOf(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), IsUint8)
             ? ValueType::kUint8
             : ValueType::kFloat64;
}

absl::Status CheckShape(int64_t rows, int32_t columns, int32_t targets) {
  if (rows >= 1 && columns >= 1 && targets >= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "found a dataset of ", rows, " rows, ", columns, " columns and ", targets,
      " targets, expected at least one of each"));
}

// Returns a * b + c, or nothing when the result does not fit.
std::optional<uint64_t> MultiplyAdd(uint64_t a, uint64_t b, uint64_t c) {
  uint64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result) ||
      __builtin_add_overflow(result, c, &result)) {
    return std::nullopt;
  }
  return result;
}

absl::Status CheckValues(const std::vector<double>& values, int64_t width,
                         absl::string_view what) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    const int64_t index = static_cast<int64_t>(i);
    return absl::InvalidArgumentError(
        absl::StrCat("found ", values[i], " in row ", index / width + 1, ", ",
                     what, " ", index % width + 1, ", expected a number"));
  }
  return absl::OkStatus();
}

absl::Status CheckCount(size_t found, int64_t rows, int32_t width,
                        absl::string_view what) {
  const std::optional<uint64_t> expected =
      MultiplyAdd(static_cast<uint64_t>(rows), static_cast<uint64_t>(width), 0);
  if (expected == found) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("found ", found, " values of ",
                                                 what, ", expected ", rows,
                                                 " rows of ", width));
}

// Checks the 8 bytes after the shape and returns the type that they name.
absl::StatusOr<ValueType> DecodeType(absl::string_view bytes) {
  const char type = bytes[kTypeOffset];
  const absl::string_view padding =
      bytes.substr(kTypeOffset + 1, kHeaderBytes - kTypeOffset - 1);
  if (padding.find_first_not_of('\0') != absl::string_view::npos) {
    return absl::InvalidArgumentError(
        "found padding in the dataset header, expected zeros");
  }
  if (type != 0 && type != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("found value type ", static_cast<unsigned char>(type),
                     " in the dataset header, expected 0 or 1"));
  }
  return static_cast<ValueType>(type);
}

// Returns the number of canonical bytes of a dataset of this shape, or the
// largest integer when the number does not fit.
uint64_t CanonicalSize(const DatasetShape& shape, ValueType type) {
  constexpr uint64_t kTooLong = std::numeric_limits<uint64_t>::max();
  const uint64_t value_bytes = type == ValueType::kUint8 ? 1 : sizeof(double);
  // The sum cannot overflow, as columns and targets are below 2^31.
  const uint64_t row_bytes =
      static_cast<uint64_t>(shape.columns) * value_bytes +
      static_cast<uint64_t>(shape.targets) * sizeof(double);
  return MultiplyAdd(static_cast<uint64_t>(shape.rows), row_bytes, kHeaderBytes)
      .value_or(kTooLong);
}

}  // namespace

absl::Status CheckDataset(const Dataset& dataset) {
  RETURN_IF_ERROR(CheckShape(dataset.rows, dataset.columns, dataset.targets));
  RETURN_IF_ERROR(
      CheckCount(dataset.x.size(), dataset.rows, dataset.columns, "features"));
  RETURN_IF_ERROR(
      CheckCount(dataset.y.size(), dataset.rows, dataset.targets, "targets"));
  RETURN_IF_ERROR(CheckValues(dataset.x, dataset.columns, "feature"));
  return CheckValues(dataset.y, dataset.targets, "target");
}

std::string EncodeDataset(const Dataset& dataset) {
  const ValueType type = TypeOf(dataset.x);
  std::string bytes;
  bytes.reserve(
      CanonicalSize({dataset.rows, dataset.columns, dataset.targets}, type));
  bytes.append(kMagic.data(), kMagic.size());
  Append(dataset.rows, &bytes);
  Append(dataset.columns, &bytes);
  Append(dataset.targets, &bytes);
  bytes.push_back(static_cast<char>(type));
  bytes.resize(kHeaderBytes);
  if (type == ValueType::kUint8) {
    for (const double value : dataset.x) {
      bytes.push_back(static_cast<char>(static_cast<uint8_t>(value)));
    }
  } else {
    bytes.append(reinterpret_cast<const char*>(dataset.x.data()),
                 dataset.x.size() * sizeof(double));
  }
  bytes.append(reinterpret_cast<const char*>(dataset.y.data()),
               dataset.y.size() * sizeof(double));
  return bytes;
}

absl::StatusOr<DatasetShape> DecodeDatasetShape(absl::string_view bytes) {
  if (bytes.size() < kShapeBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("found ", bytes.size(),
                     " bytes, expected a dataset, whose"
                     " header has ",
                     kHeaderBytes));
  }
  if (!absl::StartsWith(bytes, kMagic)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "found \"", absl::CHexEscape(bytes.substr(0, 8)),
        "\", expected a dataset, which begins with \"", kMagic, "\""));
  }
  const DatasetShape shape{.rows = Load<int64_t>(bytes, 8),
                           .columns = Load<int32_t>(bytes, 16),
                           .targets = Load<int32_t>(bytes, 20)};
  RETURN_IF_ERROR(CheckShape(shape.rows, shape.columns, shape.targets));
  return shape;
}

absl::StatusOr<DatasetHeader> DecodeDatasetHeader(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const DatasetShape shape, DecodeDatasetShape(bytes));
  if (bytes.size() < kHeaderBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("found ", bytes.size(),
                     " bytes, expected a dataset header"
                     " of ",
                     kHeaderBytes));
  }
  ASSIGN_OR_RETURN(const ValueType type, DecodeType(bytes));
  return DatasetHeader{.shape = shape,
                       .uint8_features = type == ValueType::kUint8,
                       .size_bytes = CanonicalSize(shape, type)};
}

absl::StatusOr<Dataset> DecodeDataset(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const DatasetHeader header, DecodeDatasetHeader(bytes));
  const DatasetShape& shape = header.shape;
  const ValueType type =
      header.uint8_features ? ValueType::kUint8 : ValueType::kFloat64;
  // The size is compared before anything is allocated, since a hostile shape
  // could ask for any amount of memory.
  const uint64_t expected = header.size_bytes;
  if (bytes.size() != expected) {
    return absl::InvalidArgumentError(
        absl::StrCat("found ", bytes.size(), " bytes, expected ", expected,
                     " for ", shape.rows, " rows, ", shape.columns,
                     " columns and ", shape.targets, " targets"));
  }
  Dataset dataset{
      .rows = shape.rows, .columns = shape.columns, .targets = shape.targets};
  const size_t x_count = static_cast<size_t>(shape.rows) * shape.columns;
  const size_t y_count = static_cast<size_t>(shape.rows) * shape.targets;
  const char* next = bytes.data() + kHeaderBytes;
  if (type == ValueType::kUint8) {
    const auto* values = reinterpret_cast<const uint8_t*>(next);
    dataset.x.assign(values, values + x_count);
    next += x_count;
  } else {
    dataset.x.resize(x_count);
    std::memcpy(dataset.x.data(), next, x_count * sizeof(double));
    next += x_count * sizeof(double);
  }
  dataset.y.resize(y_count);
  std::memcpy(dataset.y.data(), next, y_count * sizeof(double));
  RETURN_IF_ERROR(CheckDataset(dataset));
  if (type == ValueType::kFloat64 && TypeOf(dataset.x) == ValueType::kUint8) {
    return absl::InvalidArgumentError(
        "found features as float64, expected uint8: all are integers from 0 to "
        "255");
  }
  return dataset;
}

std::string DatasetDigest(absl::string_view bytes) {
  return absl::StrCat(kDigestPrefix, Sha256Hex(bytes));
}

bool IsDatasetDigest(absl::string_view digest) {
  return digest.size() == kDigestPrefix.size() + kSha256HexDigits &&
         absl::StartsWith(digest, kDigestPrefix) &&
         digest.find_first_not_of("0123456789abcdef", kDigestPrefix.size()) ==
             absl::string_view::npos;
}

}  // namespace fathom
