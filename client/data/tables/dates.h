#ifndef FATHOM_CLIENT_DATA_TABLES_DATES_H_
#define FATHOM_CLIENT_DATA_TABLES_DATES_H_

#include "absl/strings/string_view.h"

namespace fathom::client {

// Returns whether a day with these numbers exists in some year.
bool IsMonthAndDay(int month, int day);

// Returns whether a text looks like a date, a time or both: 2016-01-11,
// 11/01/2016 17:00, 18.00.00.
bool IsDateOrTime(absl::string_view text);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DATA_TABLES_DATES_H_
