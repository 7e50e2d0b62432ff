#include "server/store/number_text.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <system_error>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "absl/base/attributes.h"
#include "absl/strings/string_view.h"

namespace fathom::server {
namespace {

using Uint128 = unsigned __int128;

// The fast functions read blocks of eight bytes as little-endian integers. They
// need kLookAhead readable bytes, so that they need not check for the end.
constexpr bool kHasBlocks = std::endian::native == std::endian::little;
constexpr int64_t kLookAhead = 96;

// The powers of ten: 10^q is about 2^Exponent10(q) times the entry, whose
// highest bit is set. The exact factor differs from the entry by less than 1 +
// 2^-50.
constexpr int kLeastPower = -342;
constexpr int kMostPower = 308;

constexpr int Exponent10(int q) { return ((q * 217706) >> 16) - 63; }

// Multiplies or divides by ten repeatedly in 128 bits; each step has a relative
// error of at most 2^-123.
constexpr std::array<uint64_t, kMostPower - kLeastPower + 1> MakePowers() {
  std::array<uint64_t, kMostPower - kLeastPower + 1> powers = {};
  const auto shift_up = [](Uint128 x) {
    while ((x >> 127) == 0) x <<= 1;
    return x;
  };
  Uint128 up = Uint128{1} << 127;
  for (int q = 0; q <= kMostPower; ++q) {
    powers[q - kLeastPower] = static_cast<uint64_t>(up >> 64);
    up = shift_up((up >> 4) * 10);
  }
  Uint128 down = Uint128{1} << 127;
  for (int q = -1; q >= kLeastPower; --q) {
    down = shift_up(down / 10);
    powers[q - kLeastPower] = static_cast<uint64_t>(down >> 64);
  }
  return powers;
}
constexpr auto kPowers = MakePowers();

constexpr uint64_t kSmallPowers[] = {1,      10,      100,      1000,     10000,
                                     100000, 1000000, 10000000, 100000000};

// Returns eight characters, each less '0'.
uint64_t LoadBlock(const char* at) {
  uint64_t block;
  std::memcpy(&block, at, sizeof(block));
  return block - 0x3030303030303030;
}

// Sets the highest bit of those of the eight bytes that are no digits. This is
// correct up to the first such byte, as borrows and carries go upwards only.
uint64_t MarkOthers(uint64_t block) {
  return (block | (block + 0x7676767676767676)) & 0x8080808080808080;
}

// Returns the number of digits before the first byte that is no digit.
int CountDigits(uint64_t block) {
  const uint64_t others = MarkOthers(block);
  return others == 0 ? 8 : std::countr_zero(others) / 8;
}

// Returns the number that eight digits mean. A block that was shifted up by n
// bytes gives the number that its first 8 - n digits mean.
uint64_t BlockValue(uint64_t block) {
  block = block * 10 + (block >> 8);  // Pairs of digits, in every second byte.
  const uint64_t low = block & 0x000000ff000000ff;
  const uint64_t high = (block >> 16) & 0x000000ff000000ff;
  return (low * 0x000f424000000064 + high * 0x0000271000000001) >> 32;
}

// Reads sixteen digits. Returns false when there are fewer.
bool ReadSixteen(const char* at, uint64_t* number) {
#ifdef __SSE2__
  const __m128i bytes =
      _mm_sub_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)),
                   _mm_set1_epi8('0'));
  const __m128i nine = _mm_set1_epi8(9);
  if (_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(bytes, nine), nine)) !=
      0xffff) {
    return false;
  }
  // Digits are combined to pairs, groups of four and groups of eight.
  const __m128i zero = _mm_setzero_si128();
  const __m128i ten = _mm_set1_epi32(1 << 16 | 10);
  const __m128i pairs =
      _mm_packs_epi32(_mm_madd_epi16(_mm_unpacklo_epi8(bytes, zero), ten),
                      _mm_madd_epi16(_mm_unpackhi_epi8(bytes, zero), ten));
  const __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(1 << 16 | 100));
  const __m128i eights = _mm_madd_epi16(_mm_packs_epi32(fours, fours),
                                        _mm_set1_epi32(1 << 16 | 10'000));
  const auto both = static_cast<uint64_t>(_mm_cvtsi128_si64(eights));
  *number = (both & 0xffffffff) * 100'000'000 + (both >> 32);
  return true;
#else
  const uint64_t first = LoadBlock(at);
  const uint64_t second = LoadBlock(at + 8);
  if (MarkOthers(first) != 0 || MarkOthers(second) != 0) return false;
  *number = BlockValue(first) * 100'000'000 + BlockValue(second);
  return true;
#endif
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Digits that were read, and the number that they mean; the number is wrong
// when there are 20 digits or more.
struct Digits {
  uint64_t number = 0;
  int count = 0;
};

// Reads the digits at `at`, up to 28 in all. Most numbers have whole blocks of
// digits, so that the processor can speculate past the count of digits.
ABSL_ATTRIBUTE_ALWAYS_INLINE inline const char* ReadDigits(const char* at,
                                                           Digits* digits) {
  while (true) {
    const uint64_t block = LoadBlock(at);
    const int count = CountDigits(block);
    if (count == 8 && digits->count <= 20) {
      digits->number = digits->number * 100'000'000 + BlockValue(block);
      digits->count += 8;
      at += 8;
      continue;
    }
    if (count == 0) return at;
    digits->number = digits->number * kSmallPowers[count] +
                     BlockValue(block << (64 - 8 * count));
    digits->count += count;
    return at + count;
  }
}

// Sets `number` to decimal * 10^power, rounded to the nearest double. Returns
// false when 64 bits of the power of ten do not suffice to decide the rounding,
// which is the case for one number in 200, and when the result is not a normal
// number.
bool Compose(uint64_t decimal, int power, double* number) {
  if (decimal == 0) {
    *number = 0;
    return true;
  }
  if (power < kLeastPower || power > kMostPower) return false;
  const int zeros = std::countl_zero(decimal);
  // The exact product lies between high - 2 and high + 3.
  const auto high = static_cast<uint64_t>(
      (Uint128{decimal << zeros} * kPowers[power - kLeastPower]) >> 64);
  const int drop = 10 + static_cast<int>(high >> 63);
  const uint64_t half = uint64_t{1} << (drop - 1);
  const uint64_t rest = high & (2 * half - 1);
  if (rest - (half - 3) <= 5) return false;
  const int exponent = drop + 64 + Exponent10(power) - zeros + 52 + 1023;
  if (exponent < 1 || exponent > 2045) return false;
  // A mantissa that rounds up to 2^53 carries into the exponent.
  const uint64_t mantissa = (high >> drop) + (rest > half ? 1 : 0);
  *number = std::bit_cast<double>((static_cast<uint64_t>(exponent - 1) << 52) +
                                  mantissa);
  return true;
}

// The common case of ReadNumber. Returns null when the number is not of the
// common form.
inline const char* ReadCommonNumber(const char* at, double* number) {
  const bool negative = *at == '-';
  if (negative) ++at;
  Digits digits;
  if (at[1] == '.' && at[0] >= '0' && at[0] <= '9') {
    digits.number = at[0] - '0';
    digits.count = 1;
    ++at;
  } else {
    const char* const begin = at;
    at = ReadDigits(at, &digits);
    // Before it is asked whether the number is zero: 2^64 wraps to zero.
    if (at == begin || digits.count > 19) return nullptr;
  }
  int power = 0;
  if (*at == '.') {
    ++at;
    if (digits.number == 0) {
      // Leading zeros do not count towards the 19 digits. AppendJsonNumber
      // writes at most four of them, counting the one before the point.
      digits.count = 0;
      while (*at == '0' && power > -8) {
        ++at;
        --power;
      }
    }
    const char* const fraction = at;
    uint64_t sixteen = 0;
    if (ReadSixteen(at, &sixteen)) {
      digits.number = digits.number * 10'000'000'000'000'000 + sixteen;
      digits.count += 16;
      at += 16;
      for (; IsDigit(*at) && digits.count < 20; ++at) {
        digits.number = digits.number * 10 + (*at - '0');
        ++digits.count;
      }
    } else {
      at = ReadDigits(at, &digits);
    }
    power -= static_cast<int>(at - fraction);
  }
  if (digits.count > 19) return nullptr;
  if ((*at | 0x20) == 'e') {
    const bool below = at[1] == '-';
    if (!below && at[1] != '+') return nullptr;
    const uint64_t block = LoadBlock(at + 2);
    const int count = CountDigits(block);
    if (count < 2 || count > 3) return nullptr;
    const auto exponent =
        static_cast<int>(BlockValue(block << (64 - 8 * count)));
    power += below ? -exponent : exponent;
    at += 2 + count;
  }
  if (!Compose(digits.number, power, number)) return nullptr;
  if (negative) *number = -*number;
  return at;
}

// Reads any JSON number. std::from_chars takes more than JSON allows, so the
// first digit is checked here.
const char* ReadAnyNumber(const char* at, const char* end, double* number) {
  const char* const digits = at + (at != end && *at == '-' ? 1 : 0);
  if (digits == end || *digits < '0' || *digits > '9') return nullptr;
  const std::from_chars_result result = std::from_chars(at, end, *number);
  return result.ec == std::errc() ? result.ptr : nullptr;
}

// Reads a number that was written as text because it is tiny; see json_text.h.
const char* ReadTinyNumber(const char* at, const char* end, double* number) {
  constexpr absl::string_view kTail = "*2^-600\"";
  at = ReadAnyNumber(at, end, number);
  if (at == nullptr || end - at < static_cast<int64_t>(kTail.size()) ||
      std::memcmp(at, kTail.data(), kTail.size()) != 0) {
    return nullptr;
  }
  *number *= 0x1p-600;
  return at + kTail.size();
}

// The other cases of ReadNumber, kept out of the code of the common case.
ABSL_ATTRIBUTE_NOINLINE const char* ReadRareNumber(const char* at,
                                                   const char* end,
                                                   double* number) {
  if (at == end) return nullptr;
  if (*at == '"') return ReadTinyNumber(at + 1, end, number);
  if (*at == 'n') {
    if (end - at < 4 || std::memcmp(at, "null", 4) != 0) return nullptr;
    *number = std::numeric_limits<double>::quiet_NaN();
    return at + 4;
  }
  return ReadAnyNumber(at, end, number);
}

}  // namespace

const char* ReadInteger(const char* at, const char* end, int64_t* number) {
  if (kHasBlocks && end - at >= kLookAhead) {
    Digits digits;
    const char* const after = ReadDigits(at, &digits);
    if (digits.count > 0 && digits.count <= 18) {
      *number = static_cast<int64_t>(digits.number);
      return after;
    }
  }
  const std::from_chars_result result = std::from_chars(at, end, *number);
  return result.ec == std::errc() ? result.ptr : nullptr;
}

const char* ReadNumber(const char* at, const char* end, double* number) {
  if (kHasBlocks && end - at >= kLookAhead) {
    const char* const after = ReadCommonNumber(at, number);
    if (after != nullptr) return after;
  }
  return ReadRareNumber(at, end, number);
}

}  // namespace fathom::server
