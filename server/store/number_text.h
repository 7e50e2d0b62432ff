#ifndef FATHOM_SERVER_STORE_NUMBER_TEXT_H_
#define FATHOM_SERVER_STORE_NUMBER_TEXT_H_

#include <cstdint>

// Numbers out of text that ends with something else, fast: what points_text.h
// is made of.
namespace fathom::server {

// Reads an integer at `at`, which ends before `end`. Returns where it ends;
// null when there is none, or one that no int64_t holds.
const char* ReadInteger(const char* at, const char* end, int64_t* number);

// Reads what AppendJsonNumber wrote: returns its bits, NaN for null. Returns
// where it ends; null when something else is there.
const char* ReadNumber(const char* at, const char* end, double* number);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_NUMBER_TEXT_H_
