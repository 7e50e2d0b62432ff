// Runs many simulated lives of a coordinator, its workers and its disk.
//   fathom_simulate --seeds FIRST COUNT    runs COUNT seeds from FIRST on
//   fathom_simulate --seed N               runs one seed and tells it in full
//   ... --mistake disk|ack|resend|fence    has a mistake built in, which must
//                                          be found: fails when it is not.
//                                          `fence` needs the program
//                                          fathom_simulate_unfenced
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/simulation/simulation.h"

namespace fathom::simulation {
namespace {

// In so many runs everything happens at least once.
constexpr uint64_t kManySeeds = 200;

// Returns the digest of an undisturbed run. Seeds of one kind share it.
std::string ExpectedDigest(uint64_t seed, const std::string& path) {
  static std::map<uint64_t, std::string> known;
  std::string& digest = known[seed % 4];
  if (digest.empty()) {
    Simulation undisturbed({.seed = seed % 4, .faults = false}, path);
    const absl::Status status = undisturbed.Run();
    if (!status.ok()) std::cout << "undisturbed: " << status.ToString() << "\n";
    digest = undisturbed.digest();
  }
  return digest;
}

absl::Status RunSeed(const Options& options, const std::string& path,
                     Statistics& statistics) {
  const std::string expected = ExpectedDigest(options.seed, path);
  Simulation simulation(options, path);
  absl::Status status = simulation.Run();
  statistics.Add(simulation.statistics());
  if (status.ok() && simulation.digest() != expected) {
    status = absl::InternalError("the ledger differs from an undisturbed one");
  }
  return status;
}

const std::map<std::string, Mistake>& Mistakes() {
  static const auto* const mistakes = new std::map<std::string, Mistake>{
      {"disk", Mistake::kLyingDisk},
      {"ack", Mistake::kAckBeforeCommit},
      {"resend", Mistake::kForgetfulWorker},
#ifdef FATHOM_UNFENCED
      {"fence", Mistake::kNoFence},
#endif
  };
  return *mistakes;
}

int Usage() {
  std::cout << "usage: fathom_simulate --seeds FIRST COUNT | --seed N "
               "[--mistake NAME]\nmistakes:";
  for (const auto& [name, mistake] : Mistakes()) std::cout << " " << name;
  std::cout << "\n";
  return 2;
}

int Main(int argc, char** argv) {
  Options options;
  uint64_t first = 0, count = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto number = [&] { return std::strtoull(argv[++i], nullptr, 10); };
    if (flag == "--seed" && i + 1 < argc) {
      first = number();
      count = 1;
      options.verbose = true;
    } else if (flag == "--seeds" && i + 2 < argc) {
      first = number();
      count = number();
    } else if (flag == "--mistake" && i + 1 < argc) {
      const auto mistake = Mistakes().find(argv[++i]);
      if (mistake == Mistakes().end()) return Usage();
      options.mistake = mistake->second;
    } else {
      return Usage();
    }
  }
  // The disk's files grow and are copied all the time. Keeping their memory
  // instead of giving it back in between saves a sixth of the time.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  // Files of checkpoints are real and are synced, which memory does at once.
  const bool memory = access("/dev/shm", W_OK) == 0;
  std::string directory =
      absl::StrCat(memory ? "/dev/shm" : "/tmp", "/fathom-simulation-XXXXXX");
  if (mkdtemp(directory.data()) == nullptr) return 2;
  uint64_t failed = 0;
  Statistics statistics;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    options.seed = seed;
    const absl::Status status =
        RunSeed(options, directory + "/ledger.db", statistics);
    if (status.ok()) continue;
    ++failed;
    std::cout << "seed " << seed << ": " << status.message() << "\n";
    if (options.mistake != Mistake::kNone) break;  // The mistake is found.
    std::cout << "  replay with: fathom_simulate --seed " << seed << "\n";
  }
  std::filesystem::remove_all(directory);
  std::cout << count << " seeds"
            << (options.mistake == Mistake::kNone ? "" : " at most") << ", "
            << failed << " failed; " << statistics.Text() << "\n";
  if (options.mistake != Mistake::kNone) return failed > 0 ? 0 : 1;
  if (count >= kManySeeds && !statistics.Complete()) {
    std::cout << "something never happened\n";
    return 1;
  }
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace fathom::simulation

int main(int argc, char** argv) { return fathom::simulation::Main(argc, argv); }
