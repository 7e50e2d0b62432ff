#ifndef FATHOM_SERVER_LIMITS_H_
#define FATHOM_SERVER_LIMITS_H_

#include <cstdint>

// How much of anything one caller may make the service do, hold or send. What
// is beyond is refused where it enters, with words that name the bound. The
// values of a spec have ranges of their own, in proto/sweep/limits.cc.
namespace fathom {

// Of one row of a query's answer, in bytes as they are sent. SQLite bounds a
// value, not the sum of them, and lets columns share one value that the answer
// repeats.
inline constexpr int64_t kMaxRowBytes = int64_t{16} << 20;

}  // namespace fathom

#endif  // FATHOM_SERVER_LIMITS_H_
