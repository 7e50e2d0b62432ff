#ifndef FATHOM_TESTS_PROTO_SWEEP_RANDOM_SPEC_H_
#define FATHOM_TESTS_PROTO_SWEEP_RANDOM_SPEC_H_

#include <random>

#include "fathom/v1/sweep.pb.h"

namespace fathom::test {

// Returns a valid, normalized spec with up to four axis groups of all kinds.
v1::SweepSpec RandomValidSpec(std::mt19937_64* random);

// Sets, clears and overwrites a few fields of `spec` anywhere, mostly with
// values at or beyond a limit.
void Mutate(std::mt19937_64* random, v1::SweepSpec* spec);

}  // namespace fathom::test

#endif  // FATHOM_TESTS_PROTO_SWEEP_RANDOM_SPEC_H_
