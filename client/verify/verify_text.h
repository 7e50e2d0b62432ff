#ifndef FATHOM_CLIENT_VERIFY_VERIFY_TEXT_H_
#define FATHOM_CLIENT_VERIFY_VERIFY_TEXT_H_

#include <string>

#include "client/verify/verify.h"
#include "fathom/v1/sweep_service.pb.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// Returns in words what was skipped: "3 unfinished, 2 of fathom-k1/f64"; ""
// when nothing was.
std::string SkippedText(const VerifyReport& report);

// Returns one line per difference: the sweep, the trial, the metric and step,
// both values to the last bit, and the packing.
std::string FindingText(const VerifyReport& report,
                        const VerifyReport::Finding& finding, int64_t sweep_id);

// Returns the ways to train as a table, the ways that there was no time for,
// what was skipped, and the result of the verification.
std::string VerifyText(const VerifyReport& report, int width);

// Returns the whole report, with the seed that repeats it, as JSON.
nlohmann::ordered_json VerifyJson(const VerifyReport& report,
                                  const v1::Sweep& sweep, uint64_t seed);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VERIFY_VERIFY_TEXT_H_
