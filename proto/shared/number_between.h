#ifndef FATHOM_PROTO_SHARED_NUMBER_BETWEEN_H_
#define FATHOM_PROTO_SHARED_NUMBER_BETWEEN_H_

#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace fathom {

// Accepts a number from `least` to `most`. CLI::Range lets through what cannot
// be compared with either: "nan".
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

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_NUMBER_BETWEEN_H_
