#ifndef FATHOM_TESTS_FUZZ_LEDGER_FOLDER_H_
#define FATHOM_TESTS_FUZZ_LEDGER_FOLDER_H_

#include <stdlib.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>

#include "server/store/ledger.h"
#include "tests/fuzz/fuzz.h"

namespace fathom::fuzz {

// A folder, in memory where possible, with the path of a new ledger. The folder
// and everything in it is removed by the destructor, or at the end of the
// process.
class LedgerFolder {
 public:
  LedgerFolder() : folder_(Make()), path_(folder_ + "/ledger.db") {
    // Copying a ledger takes a fraction of the time that making one takes.
    static const auto* const kEmpty = new LedgerFolder(Empty());
    std::filesystem::copy_file(kEmpty->path_, path_);
  }
  ~LedgerFolder() { Remove(folder_); }
  LedgerFolder(const LedgerFolder&) = delete;
  LedgerFolder& operator=(const LedgerFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  struct Empty {};

  explicit LedgerFolder(Empty)
      : folder_(Make()), path_(folder_ + "/ledger.db") {
    Require(server::Ledger::Open(path_).ok(), "a ledger can be made");
  }

  static std::set<std::string>& folders() {
    static auto& folders = *new std::set<std::string>;
    return folders;
  }

  static std::string Make() {
    std::string folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    folder += "/fathom-fuzz-XXXXXX";
    Require(mkdtemp(folder.data()) != nullptr, "a folder can be made");
    if (folders().empty()) {
      std::atexit([] {
        while (!folders().empty()) Remove(*folders().begin());
      });
    }
    folders().insert(folder);
    return folder;
  }

  static void Remove(const std::string folder) {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    folders().erase(folder);
  }

  const std::string folder_;
  const std::string path_;
};

}  // namespace fathom::fuzz

#endif  // FATHOM_TESTS_FUZZ_LEDGER_FOLDER_H_
