#include "proto/sweep/values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace fathom {
namespace {

// The formulas below are in long double. Its error is far below the 15 digits
// that are kept, and its range holds the ratio of any two doubles.

int64_t RangeLength(const v1::IntegerRange& range) {
  // Unsigned arithmetic is exact even where `to - from` would overflow.
  const uint64_t distance =
      static_cast<uint64_t>(range.to()) - static_cast<uint64_t>(range.from());
  const uint64_t length =
      (distance - 1) / static_cast<uint64_t>(range.step()) + 1;
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  return length > static_cast<uint64_t>(kMost) ? kMost
                                               : static_cast<int64_t>(length);
}

// Returns from * 10^(i / per_decade).
double DecadeValue(const v1::LogRange& log, int64_t i) {
  return RoundToDecimal(static_cast<double>(
      log.from() *
      std::pow(10.0L, static_cast<long double>(i) /
                          static_cast<long double>(log.per_decade()))));
}

int64_t LogLength(const v1::LogRange& log) {
  if (log.per_decade() == 0) return log.count();
  const long double ratio = static_cast<long double>(log.to()) / log.from();
  int64_t last =
      static_cast<int64_t>(std::floor(log.per_decade() * std::log10(ratio)));
  // The logarithm may be off by an ulp, so the values themselves decide which
  // of them is the last.
  const double end = RoundToDecimal(log.to());
  while (DecadeValue(log, last + 1) <= end) ++last;
  while (last > 0 && DecadeValue(log, last) > end) --last;
  return last + 1;
}

double LogValue(const v1::LogRange& log, int64_t i) {
  if (log.per_decade() != 0) return DecadeValue(log, i);
  if (i == 0) return RoundToDecimal(log.from());
  if (i == log.count() - 1) return RoundToDecimal(log.to());
  const long double ratio = static_cast<long double>(log.to()) / log.from();
  const long double part =
      static_cast<long double>(i) / static_cast<long double>(log.count() - 1);
  return RoundToDecimal(
      static_cast<double>(log.from() * std::pow(ratio, part)));
}

double LinspaceValue(const v1::Linspace& linspace, int64_t i) {
  if (i == 0) return RoundToDecimal(linspace.from());
  if (i == linspace.count() - 1) return RoundToDecimal(linspace.to());
  const long double from = linspace.from();
  const long double to = linspace.to();
  const long double value =
      from + (to - from) * static_cast<long double>(i) /
                 static_cast<long double>(linspace.count() - 1);
  // Where the two terms cancel down to their rounding error, zero is meant.
  const double size =
      std::max(std::fabs(linspace.from()), std::fabs(linspace.to()));
  if (std::fabs(static_cast<double>(value)) < 1e-15 * size) return 0;
  return RoundToDecimal(static_cast<double>(value));
}

}  // namespace

int64_t AxisLength(const v1::Axis& axis) {
  switch (axis.values_case()) {
    case v1::Axis::kList:
      return axis.list().values_size();
    case v1::Axis::kRange:
      return RangeLength(axis.range());
    case v1::Axis::kLog:
      return LogLength(axis.log());
    case v1::Axis::kLinspace:
      return axis.linspace().count();
    case v1::Axis::VALUES_NOT_SET:
      break;
  }
  return 0;
}

v1::Value AxisValue(const v1::Axis& axis, int64_t i) {
  v1::Value value;
  switch (axis.values_case()) {
    case v1::Axis::kList:
      return axis.list().values(static_cast<int>(i));
    case v1::Axis::kRange:
      // Only intermediate results may wrap around: the sum is below `to`.
      value.set_integer(
          static_cast<int64_t>(static_cast<uint64_t>(axis.range().from()) +
                               static_cast<uint64_t>(i) *
                                   static_cast<uint64_t>(axis.range().step())));
      break;
    case v1::Axis::kLog:
      value.set_number(LogValue(axis.log(), i));
      break;
    case v1::Axis::kLinspace:
      value.set_number(LinspaceValue(axis.linspace(), i));
      break;
    case v1::Axis::VALUES_NOT_SET:
      break;
  }
  return value;
}

double RoundToDecimal(double number) {
  // Unlike printf and strtod, to_chars and from_chars do not depend on the
  // locale.
  char buffer[64];
  const std::to_chars_result end =
      std::to_chars(buffer, buffer + sizeof(buffer), number,
                    std::chars_format::scientific, 14);
  double rounded = number;
  const std::from_chars_result read = std::from_chars(buffer, end.ptr, rounded);
  // The largest doubles stay as they are, since rounding them up could
  // overflow.
  return read.ec == std::errc() ? rounded : number;
}

}  // namespace fathom
