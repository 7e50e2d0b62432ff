// Reads any spec that a client may send. It must be refused with what is wrong,
// or be a sweep whose trials and numbers are one to one.
#include <algorithm>

#include "fathom/v1/sweep.pb.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "proto/sweep/fingerprint.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/space.h"
#include "proto/sweep/validate.h"
#include "tests/fuzz/fuzz.h"

namespace {

// Reads text behind a "t", and otherwise the wire format. So the fuzzer invents
// names of fields as well as bytes that no writer would write.
bool Parse(absl::string_view bytes, fathom::v1::SweepSpec* spec) {
  using google::protobuf::TextFormat;
  if (bytes.empty()) return false;
  if (bytes[0] != 't') return spec->ParseFromArray(bytes.data(), bytes.size());
  TextFormat::Parser parser;
  class Silent : public google::protobuf::io::ErrorCollector {
    void AddError(int, int, const std::string&) override {}
  } silent;
  parser.RecordErrorsTo(&silent);
  parser.SetRecursionLimit(64);
  return parser.ParseFromString(std::string(bytes.substr(1)), spec);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fathom;
  const fuzz::Budget budget(size);
  v1::SweepSpec sent;
  if (!Parse(fuzz::View(data, size), &sent)) return 0;
  const v1::SweepSpec spec = Normalize(sent);
  fuzz::Require(Normalize(spec).SerializeAsString() == spec.SerializeAsString(),
                "normalizing twice is normalizing once");
  const auto violations = Validate(spec);
  const auto space = Space::Create(spec);
  fuzz::Require(space.ok() == violations.empty(),
                "a sweep is made of every valid spec and of no other");
  if (!space.ok()) {
    fuzz::Require(!ToStatus(violations).message().empty(), "errors say what");
    return 0;
  }
  Fingerprint(spec);
  CheckReady(spec).IgnoreError();
  fuzz::Require(space->size() >= 1 && space->size() <= kMaxTrials,
                "a sweep has a trial and not too many");
  for (int64_t index : {int64_t{0}, space->size() / 2, space->size() - 1}) {
    fuzz::Require(space->IndexOf(space->PositionsAt(index)) == index,
                  "number and place are one to one");
    // A trial is a sweep of its own, so that the values that an axis gives must
    // be in range, too.
    v1::SweepSpec single = spec;
    single.clear_axes();
    single.clear_summarize();
    *single.mutable_trial() = space->TrialAt(index);
    fuzz::Require(Validate(single).empty(), "every trial is valid by itself");
  }
  return 0;
}
