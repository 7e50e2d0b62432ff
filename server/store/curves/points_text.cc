#include "server/store/curves/points_text.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/store/number_text.h"

namespace fathom::server {
namespace {

constexpr size_t kShownBytes = 24;

// A position in a text that is read from front to back. After a failure, `at`
// is where the text is wrong.
struct Cursor {
  absl::string_view text;
  const char* at = text.data();
  const char* const end = text.data() + text.size();

  bool Take(char c) {
    if (at == end || *at != c) return false;
    ++at;
    return true;
  }
  bool Take(const char* after) {
    if (after == nullptr) return false;
    at = after;
    return true;
  }
  absl::Status Error(absl::string_view expected) const {
    const size_t offset = at - text.data();
    return absl::InvalidArgumentError(absl::StrCat(
        "found \"", absl::CEscape(text.substr(offset, kShownBytes)),
        "\" at byte ", offset, ", expected ", expected));
  }
};

// Returns the position of the next ',' or ']', or `end`. A value contains
// neither of them.
const char* FindDelimiter(const char* at, const char* end) {
#ifdef __SSE2__
  const __m128i comma = _mm_set1_epi8(',');
  const __m128i bracket = _mm_set1_epi8(']');
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const auto marks = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(
        _mm_cmpeq_epi8(bytes, comma), _mm_cmpeq_epi8(bytes, bracket))));
    if (marks != 0) return at + std::countr_zero(marks);
  }
#endif
  return std::find_if(at, end, [](char c) { return c == ',' || c == ']'; });
}

bool SkipValues(int count, Cursor* cursor) {
  for (int i = 0; i < count; ++i) {
    if (!cursor->Take(',')) return false;
    cursor->at = FindDelimiter(cursor->at, cursor->end);
  }
  return true;
}

// Reads [step,value,...].
bool ReadPoint(ColumnPlace place, Cursor* cursor, Point* point) {
  return cursor->Take('[') &&
         cursor->Take(ReadInteger(cursor->at, cursor->end, &point->step)) &&
         SkipValues(place.column, cursor) && cursor->Take(',') &&
         cursor->Take(ReadNumber(cursor->at, cursor->end, &point->value)) &&
         SkipValues(place.columns - place.column - 1, cursor) &&
         cursor->Take(']');
}

absl::Status NoPoint(const Cursor& cursor, ColumnPlace place) {
  return cursor.Error(
      absl::StrCat("a point [step,value,...] of ", place.columns, " values"));
}

// Reads the points one by one until `use` returns false.
template <typename Use>
absl::Status ReadPoints(absl::string_view points, ColumnPlace place, Use use) {
  Cursor cursor{points};
  if (!cursor.Take('[')) return cursor.Error("a list of points");
  Point point;
  if (!cursor.Take(']')) {
    do {
      if (!ReadPoint(place, &cursor, &point)) return NoPoint(cursor, place);
      if (!use(point)) return absl::OkStatus();
    } while (cursor.Take(','));
    if (!cursor.Take(']')) return cursor.Error("a comma or the end");
  }
  return cursor.at == cursor.end ? absl::OkStatus() : cursor.Error("the end");
}

}  // namespace

absl::StatusOr<ColumnPlace> FindColumn(absl::string_view metrics,
                                       absl::string_view metric) {
  Cursor cursor{metrics};
  if (!cursor.Take('[')) return cursor.Error("a list of metrics");
  ColumnPlace place;
  if (!cursor.Take(']')) {
    do {
      const char* const begin = cursor.at + 1;
      if (!cursor.Take('"')) return cursor.Error("the name of a metric");
      const char* const close = std::find_if(
          begin, cursor.end, [](char c) { return c == '"' || c == '\\'; });
      if (close == cursor.end || *close != '"') {
        return cursor.Error("the name of a metric");
      }
      cursor.at = close + 1;
      if (place.column < 0 &&
          absl::string_view(begin, close - begin) == metric) {
        place.column = place.columns;
      }
      ++place.columns;
    } while (cursor.Take(','));
    if (!cursor.Take(']')) return cursor.Error("a comma or the end");
  }
  if (cursor.at != cursor.end) return cursor.Error("the end");
  return place;
}

absl::Status AppendPoints(absl::string_view points, ColumnPlace place,
                          size_t most, PointColumn* out) {
  absl::Status status = ReadPoints(points, place, [&](const Point& point) {
    if (out->steps.size() == most) return false;
    out->steps.push_back(point.step);
    out->values.push_back(point.value);
    return true;
  });
  if (!status.ok() || out->steps.size() < most) return status;
  return absl::InvalidArgumentError(absl::StrCat(
      "found ", most, " points of a curve or more, expected less"));
}

absl::StatusOr<std::optional<Point>> FirstFinitePoint(absl::string_view points,
                                                      ColumnPlace place) {
  std::optional<Point> first;
  absl::Status status = ReadPoints(points, place, [&](const Point& point) {
    if (std::isfinite(point.value)) first = point;
    return !first.has_value();
  });
  if (!status.ok()) return status;
  return first;
}

absl::StatusOr<std::optional<Point>> LastFinitePoint(absl::string_view points,
                                                     ColumnPlace place) {
  if (points == "[]") return std::nullopt;
  if (points.size() < 2 || points.front() != '[' || points.back() != ']') {
    return Cursor{points}.Error("a list of points");
  }
  absl::string_view left = points.substr(0, points.size() - 1);
  while (true) {
    const size_t begin = left.rfind('[');
    Cursor cursor{points, left.data() + begin};
    Point point;
    if (begin == 0 || !ReadPoint(place, &cursor, &point)) {
      return NoPoint(cursor, place);
    }
    if (cursor.at != left.data() + left.size()) {
      return cursor.Error("a comma or the end");
    }
    if (std::isfinite(point.value)) return point;
    if (begin == 1) return std::nullopt;
    left = left.substr(0, begin - 1);
    cursor.at = left.data() + left.size();
    if (!cursor.Take(',')) return cursor.Error("a comma");
  }
}

}  // namespace fathom::server
