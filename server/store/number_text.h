#ifndef FATHOM_SERVER_STORE_NUMBER_TEXT_H_
#define FATHOM_SERVER_STORE_NUMBER_TEXT_H_

#include <cstdint>

// Fast functions for points_text.h that read a number at the begin of a text.
namespace fathom::server {

// Reads an integer that begins at `at` and ends before `end` or at it. Returns
// the position after it, or null when there is no integer or it does not fit
// into an int64_t.
const char* ReadInteger(const char* at, const char* end, int64_t* number);

// Reads a number that AppendJsonNumber wrote, bit for bit; `null` becomes NaN.
// Returns the position after it, or null when there is no such number.
const char* ReadNumber(const char* at, const char* end, double* number);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_NUMBER_TEXT_H_
