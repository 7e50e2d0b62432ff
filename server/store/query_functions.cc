#include "server/store/query_functions.h"

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "sqlite3.h"

namespace fathom {
namespace {

constexpr int kStepsPerCheck = 4096;

// Whether the query has had its time; asks now and then.
class Watch {
 public:
  explicit Watch(sqlite3_context* context)
      : is_over_(*static_cast<absl::FunctionRef<bool()>*>(
            sqlite3_user_data(context))) {}

  bool IsOver() {
    if (over_ || ++steps_ % kStepsPerCheck != 0) return over_;
    return over_ = is_over_();
  }
  bool over() const { return over_; }

 private:
  absl::FunctionRef<bool()>& is_over_;
  int64_t steps_ = 0;
  bool over_ = false;
};

// The text of an argument up to its first zero byte, as SQLite's functions see
// it.
absl::string_view Text(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return text == nullptr ? absl::string_view() : absl::string_view(text);
}

bool AnyNull(int count, sqlite3_value** values) {
  for (int i = 0; i < count; ++i) {
    if (sqlite3_value_type(values[i]) == SQLITE_NULL) return true;
  }
  return false;
}

bool IsContinuation(char c) { return (c & '\xc0') == '\x80'; }

// Takes the first character, in UTF-8, off the front of `text`.
absl::string_view TakeChar(absl::string_view& text) {
  size_t size = 1;
  if (static_cast<unsigned char>(text[0]) >= 0xc0) {
    while (size < text.size() && IsContinuation(text[size])) ++size;
  }
  const absl::string_view c = text.substr(0, size);
  text.remove_prefix(size);
  return c;
}

uint32_t CodePoint(absl::string_view c) {
  if (c.size() == 1) return static_cast<unsigned char>(c[0]);
  uint32_t code = static_cast<unsigned char>(c[0]) & (0xffu >> (c.size() + 1));
  for (char byte : c.substr(1)) code = code << 6 | (byte & 0x3f);
  return code;
}

// What a pattern asks of the text at one place.
struct Element {
  enum Kind { kEnd, kChar, kOne, kMany, kSet, kNever } kind = kEnd;
  absl::string_view text;  // The character; of a set what is between [ and ].
};

// The language of LIKE: % _ and an escape; letters of ASCII match both cases.
struct Like {
  absl::string_view escape;  // Empty: none.

  Element Next(absl::string_view& pattern) const {
    if (pattern.empty()) return {Element::kEnd, {}};
    const absl::string_view c = TakeChar(pattern);
    if (!escape.empty() && c == escape) {
      if (pattern.empty()) return {Element::kNever, {}};
      return {Element::kChar, TakeChar(pattern)};
    }
    if (c == "%") return {Element::kMany, {}};
    if (c == "_") return {Element::kOne, {}};
    return {Element::kChar, c};
  }
  static bool Equal(absl::string_view a, absl::string_view b) {
    return a == b ||
           (a.size() == 1 && b.size() == 1 &&
            absl::ascii_tolower(static_cast<unsigned char>(a[0])) ==
                absl::ascii_tolower(static_cast<unsigned char>(b[0])));
  }
};

// The language of GLOB: * ? [a-z] [^a-z].
struct Glob {
  static Element Next(absl::string_view& pattern) {
    if (pattern.empty()) return {Element::kEnd, {}};
    const absl::string_view c = TakeChar(pattern);
    if (c == "*") return {Element::kMany, {}};
    if (c == "?") return {Element::kOne, {}};
    if (c != "[") return {Element::kChar, c};
    // A ] that comes first is one of the set.
    const size_t first = !pattern.empty() && pattern[0] == '^' ? 1 : 0;
    const size_t end = pattern.find(']', first + 1);
    if (end == absl::string_view::npos) return {Element::kNever, {}};
    const absl::string_view set = pattern.substr(0, end);
    pattern.remove_prefix(end + 1);
    return {Element::kSet, set};
  }
  static bool Equal(absl::string_view a, absl::string_view b) { return a == b; }
};

bool InSet(absl::string_view c, absl::string_view set) {
  const bool inverted = set[0] == '^';
  if (inverted) set.remove_prefix(1);
  const uint32_t code = CodePoint(c);
  bool seen = false;
  uint32_t prior = 0;
  while (!set.empty()) {
    const absl::string_view item = TakeChar(set);
    if (item == "-" && prior > 0 && !set.empty()) {
      const uint32_t last = CodePoint(TakeChar(set));
      seen |= prior <= code && code <= last;
      prior = 0;
    } else {
      prior = CodePoint(item);
      seen |= prior == code;
    }
  }
  return seen != inverted;
}

// Whether `text` as a whole matches. When it fails behind a "many", going back
// to the last one is enough, so that the time is at most the product of the
// lengths.
template <typename Language>
bool Matches(const Language& language, absl::string_view pattern,
             absl::string_view text, Watch& watch) {
  bool has_many = false;
  absl::string_view many_pattern;  // Behind the last "many".
  absl::string_view many_text;     // Where its rest is tried next.
  while (!watch.IsOver()) {
    absl::string_view rest = pattern;
    const Element element = language.Next(rest);
    if (element.kind == Element::kMany) {
      has_many = true;
      many_pattern = pattern = rest;
      many_text = text;
      continue;
    }
    if (element.kind == Element::kEnd && text.empty()) return true;
    absl::string_view after = text;
    bool fits = false;
    if (!text.empty() && element.kind != Element::kEnd) {
      const absl::string_view c = TakeChar(after);
      fits =
          element.kind == Element::kOne ||
          (element.kind == Element::kChar && language.Equal(c, element.text)) ||
          (element.kind == Element::kSet && InSet(c, element.text));
    }
    if (fits) {
      pattern = rest;
      text = after;
    } else {
      if (!has_many || many_text.empty()) return false;
      TakeChar(many_text);
      pattern = many_pattern;
      text = many_text;
    }
  }
  return false;
}

// As Debian's SQLite is built: a blob matches nothing, whatever the rest.
bool AnswersBlob(sqlite3_context* context, sqlite3_value** values) {
  if (sqlite3_value_type(values[0]) != SQLITE_BLOB &&
      sqlite3_value_type(values[1]) != SQLITE_BLOB) {
    return false;
  }
  sqlite3_result_int(context, 0);
  return true;
}

template <typename Language>
void Match(sqlite3_context* context, const Language& language,
           sqlite3_value** values) {
  if (AnyNull(2, values)) return;
  const absl::string_view pattern = Text(values[0]);
  const absl::string_view text = Text(values[1]);
  const int most = sqlite3_limit(sqlite3_context_db_handle(context),
                                 SQLITE_LIMIT_LIKE_PATTERN_LENGTH, -1);
  if (pattern.size() > static_cast<size_t>(most)) {
    sqlite3_result_error(context, "LIKE or GLOB pattern too complex", -1);
    return;
  }
  Watch watch(context);
  const bool matches = Matches(language, pattern, text, watch);
  if (watch.over()) {
    sqlite3_result_error_code(context, SQLITE_INTERRUPT);
  } else {
    sqlite3_result_int(context, matches ? 1 : 0);
  }
}

void LikeFunction(sqlite3_context* context, int count, sqlite3_value** values) {
  if (AnswersBlob(context, values)) return;
  Like language;
  if (count == 3) {
    if (AnyNull(1, values + 2)) return;
    language.escape = Text(values[2]);
    absl::string_view rest = language.escape;
    if (!rest.empty()) TakeChar(rest);
    if (language.escape.empty() || !rest.empty()) {
      sqlite3_result_error(context,
                           "ESCAPE expression must be a single character", -1);
      return;
    }
  }
  Match(context, language, values);
}

void GlobFunction(sqlite3_context* context, int, sqlite3_value** values) {
  if (AnswersBlob(context, values)) return;
  Match(context, Glob(), values);
}

void InstrFunction(sqlite3_context* context, int, sqlite3_value** values) {
  if (AnyNull(2, values)) return;
  const bool blobs = sqlite3_value_type(values[0]) == SQLITE_BLOB &&
                     sqlite3_value_type(values[1]) == SQLITE_BLOB;
  auto bytes = [&](sqlite3_value* value) {
    const void* data =
        blobs ? sqlite3_value_blob(value)
              : static_cast<const void*>(sqlite3_value_text(value));
    const auto size = static_cast<size_t>(sqlite3_value_bytes(value));
    return data == nullptr
               ? absl::string_view()
               : absl::string_view(static_cast<const char*>(data), size);
  };
  absl::string_view text = bytes(values[0]);
  const absl::string_view wanted = bytes(values[1]);
  Watch watch(context);
  sqlite3_int64 place = 1;
  while (wanted.size() <= text.size() && !watch.IsOver() &&
         !absl::StartsWith(text, wanted)) {
    ++place;
    do {
      text.remove_prefix(1);
    } while (!blobs && !text.empty() && IsContinuation(text[0]));
  }
  if (watch.over()) {
    sqlite3_result_error_code(context, SQLITE_INTERRUPT);
  } else {
    sqlite3_result_int64(context, wanted.size() <= text.size() ? place : 0);
  }
}

void ReplaceFunction(sqlite3_context* context, int, sqlite3_value** values) {
  if (AnyNull(2, values)) return;
  auto whole = [](sqlite3_value* value) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
    return absl::string_view(
        text == nullptr ? "" : text,
        text == nullptr ? 0 : static_cast<size_t>(sqlite3_value_bytes(value)));
  };
  absl::string_view text = whole(values[0]);
  if (Text(values[1]).empty()) {
    sqlite3_result_value(context, values[0]);
    return;
  }
  if (AnyNull(1, values + 2)) return;
  const absl::string_view pattern = whole(values[1]);
  const absl::string_view by = whole(values[2]);
  const auto most = static_cast<size_t>(sqlite3_limit(
      sqlite3_context_db_handle(context), SQLITE_LIMIT_LENGTH, -1));
  Watch watch(context);
  std::string result;
  while (!text.empty() && !watch.IsOver() && result.size() <= most) {
    if (absl::StartsWith(text, pattern)) {
      result.append(by.data(), by.size());
      text.remove_prefix(pattern.size());
    } else {
      result.push_back(text[0]);
      text.remove_prefix(1);
    }
  }
  if (watch.over()) {
    sqlite3_result_error_code(context, SQLITE_INTERRUPT);
  } else if (result.size() > most) {
    sqlite3_result_error_toobig(context);
  } else {
    sqlite3_result_text(context, result.data(), static_cast<int>(result.size()),
                        SQLITE_TRANSIENT);
  }
}

enum Ends : unsigned { kLeft = 1, kRight = 2 };

template <unsigned ends>
void TrimFunction(sqlite3_context* context, int, sqlite3_value** values) {
  if (AnyNull(2, values)) return;
  const auto* raw =
      reinterpret_cast<const char*>(sqlite3_value_text(values[0]));
  if (raw == nullptr) return;
  absl::string_view text(raw,
                         static_cast<size_t>(sqlite3_value_bytes(values[0])));
  absl::flat_hash_set<absl::string_view> chars;
  for (absl::string_view set = Text(values[1]); !set.empty();) {
    chars.insert(TakeChar(set));
  }
  while ((ends & kLeft) != 0 && !text.empty()) {
    absl::string_view rest = text;
    if (!chars.contains(TakeChar(rest))) break;
    text = rest;
  }
  while ((ends & kRight) != 0 && !text.empty()) {
    size_t begin = text.size() - 1;
    while (begin > 0 && IsContinuation(text[begin])) --begin;
    if (!chars.contains(text.substr(begin))) break;
    text.remove_suffix(text.size() - begin);
  }
  sqlite3_result_text(context, text.data(), static_cast<int>(text.size()),
                      SQLITE_TRANSIENT);
}

}  // namespace

void ReplaceSlowFunctions(sqlite3* db, absl::FunctionRef<bool()>* is_over) {
  struct Function {
    const char* name;
    int arguments;
    void (*call)(sqlite3_context*, int, sqlite3_value**);
  };
  static constexpr Function kFunctions[] = {
      {"like", 2, LikeFunction},
      {"like", 3, LikeFunction},
      {"glob", 2, GlobFunction},
      {"instr", 2, InstrFunction},
      {"replace", 3, ReplaceFunction},
      {"trim", 2, TrimFunction<kLeft | kRight>},
      {"ltrim", 2, TrimFunction<kLeft>},
      {"rtrim", 2, TrimFunction<kRight>},
  };
  for (const Function& function : kFunctions) {
    sqlite3_create_function(
        db, function.name, function.arguments,
        SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, is_over,
        function.call, nullptr, nullptr);
  }
}

}  // namespace fathom
