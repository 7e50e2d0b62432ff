#ifndef FATHOM_PROTO_SHARED_NUMBER_BETWEEN_H_
#define FATHOM_PROTO_SHARED_NUMBER_BETWEEN_H_

#include <cstdint>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace fathom {

// Returns a validator that accepts a number from `least` to `most`. Unlike
// CLI::Range it refuses "nan", which compares as neither too small nor too
// large.
inline CLI::Validator NumberBetween(double least, double most) {
  return CLI::Validator(
      [least, most](const std::string& text) -> std::string {
        double value = 0;
        if (absl::SimpleAtod(text, &value) && value >= least && value <= most) {
          return "";
        }
        return absl::StrCat("found ", text, ", expected a number from ", least,
                            " to ", most);
      },
      absl::StrCat("NUMBER in [", least, " - ", most, "]"));
}

// Returns a validator that accepts an integer from `least` to `most`, written
// in digits.
inline CLI::Validator IntegerBetween(int64_t least, int64_t most) {
  return CLI::Validator(
      [least, most](const std::string& text) -> std::string {
        int64_t value = 0;
        if (absl::SimpleAtoi(text, &value) && value >= least && value <= most) {
          return "";
        }
        return absl::StrCat("found ", text, ", expected an integer from ",
                            least, " to ", most);
      },
      absl::StrCat("INT in [", least, " - ", most, "]"));
}

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_NUMBER_BETWEEN_H_
