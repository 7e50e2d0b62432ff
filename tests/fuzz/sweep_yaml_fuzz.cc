// Reads any text as a sweep file. It must be refused with places, or be a sweep
// that reads the same after it is written.
#include "absl/strings/match.h"
#include "client/spec/spec_file.h"
#include "client/spec/spec_writer.h"
#include "proto/sweep/fingerprint.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/validate.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fathom;
  using namespace fathom::client;
  const fuzz::Budget budget(size);
  const auto spec = ParseSweepSpec(fuzz::View(data, size), "fuzz.yaml");
  if (!spec.ok()) {
    fuzz::Require(absl::IsInvalidArgument(spec.status()) &&
                      absl::StrContains(spec.status().message(), "fuzz.yaml"),
                  "errors are about the file");
    return 0;
  }
  fuzz::Require(Validate(*spec).empty(), "what was read is valid");
  fuzz::Require(
      Normalize(*spec).SerializeAsString() == spec->SerializeAsString(),
      "what was read is normalized");
  const auto again = ParseSweepSpec(ToYaml(*spec), "again.yaml");
  fuzz::Require(again.ok(), "what is written can be read");
  fuzz::Require(Fingerprint(*again) == Fingerprint(*spec),
                "what is written is the same sweep");
  return 0;
}
