#ifndef FATHOM_TESTS_TESTING_TEMP_DIR_H_
#define FATHOM_TESTS_TESTING_TEMP_DIR_H_

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace fathom::test {

// A new folder that is removed, with everything in it, by the destructor. Tests
// that run at the same time share no file, whatever they call it.
class TempDir {
 public:
  TempDir() {
    std::string pattern = ::testing::TempDir() + "/fathom.XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string File(const std::string& name) const {
    return absl::StrCat(path_, "/", name);
  }

 private:
  std::string path_;
};

}  // namespace fathom::test

#endif  // FATHOM_TESTS_TESTING_TEMP_DIR_H_
