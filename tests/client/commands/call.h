#ifndef FATHOM_TESTS_CLIENT_COMMANDS_CALL_H_
#define FATHOM_TESTS_CLIENT_COMMANDS_CALL_H_

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "client/commands/commands.h"

namespace fathom::client::test {

// What a call of the program left behind.
struct Outcome {
  int code;
  std::string out;
  std::string err;
};

// Calls `fathom` with its output on a terminal with `width` columns, or in a
// file when `width` is 0.
inline Outcome Fathom(const std::vector<std::string>& arguments,
                      int width = 0) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = RunFathom(arguments, out, err, width);
  return {code, out.str(), err.str()};
}

// A new folder that the destructor removes.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "fathom-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~ScratchFolder() { std::filesystem::remove_all(folder_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string Path(const std::string& name) const {
    return (folder_ / name).string();
  }
  // Writes a file and returns its path.
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name)) << text;
    return Path(name);
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace fathom::client::test

#endif  // FATHOM_TESTS_CLIENT_COMMANDS_CALL_H_
