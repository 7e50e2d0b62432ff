#ifndef FATHOM_TESTS_CLIENT_DATA_FILES_H_
#define FATHOM_TESTS_CLIENT_DATA_FILES_H_

#include <stdlib.h>
#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/data/import.h"
#include "proto/dataset/dataset.h"

namespace fathom::test {

// A folder for one test, which the destructor removes.
class TempFolder {
 public:
  TempFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "fathom_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }

  // Writes a file, with the folders on its path, and returns its path.
  std::string Write(const std::string& name, const std::string& content) const {
    const std::filesystem::path path = std::filesystem::path(path_) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path.string();
  }

  std::string WriteGzip(const std::string& name,
                        const std::string& content) const {
    const std::string path = Write(name, "");
    gzFile file = gzopen(path.c_str(), "wb1");
    gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
    gzclose(file);
    return path;
  }

 private:
  std::string path_;
};

// Returns an idx file of bytes with the given sides.
inline std::string IdxFile(const std::vector<uint32_t>& sizes,
                           const std::string& values) {
  std::string bytes = {0, 0, 8, static_cast<char>(sizes.size())};
  for (const uint32_t size : sizes) {
    for (const int shift : {24, 16, 8, 0}) {
      bytes.push_back(static_cast<char>(size >> shift));
    }
  }
  return bytes + values;
}

inline std::string Digest(
    const absl::StatusOr<client::ImportedDataset>& imported) {
  return imported.ok() ? DatasetDigest(EncodeDataset(imported->dataset))
                       : imported.status().ToString();
}

inline std::string Message(
    const absl::StatusOr<client::ImportedDataset>& imported) {
  return std::string(imported.status().message());
}

}  // namespace fathom::test

#endif  // FATHOM_TESTS_CLIENT_DATA_FILES_H_
