#include "client/view/plots/easel.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/memory/memory.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/view/plots/pdf_info.h"
#include "proto/shared/status.h"

extern char** environ;

namespace fathom::client {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostErrorText = 2000;

std::string ReadText(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.size() > kMostErrorText) text.resize(kMostErrorText);
  return std::string(absl::StripAsciiWhitespace(text));
}

// Runs gnuplot in `folder` on a script there, and writes its messages into the
// file `words` there.
absl::Status RunGnuplot(const fs::path& folder, const char* script,
                        const char* words) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const absl::Cleanup destroy = [&] {
    posix_spawn_file_actions_destroy(&actions);
  };
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, words,
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);

  // The option -d keeps the user's gnuplotrc from changing the picture.
  std::string arguments[] = {"gnuplot", "-d", script};
  char* argv[] = {arguments[0].data(), arguments[1].data(), arguments[2].data(),
                  nullptr};
  pid_t child = 0;
  const int error =
      posix_spawnp(&child, "gnuplot", &actions, nullptr, argv, environ);
  if (error == ENOENT) {
    return absl::FailedPreconditionError(
        "no picture: gnuplot is not installed; install it (Debian: apt install "
        "gnuplot-nox) and run `fathom plot -o .`");
  }
  if (error != 0) {
    return absl::InternalError(
        absl::StrCat("cannot start gnuplot: ", std::strerror(error)));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      return absl::InternalError(
          absl::StrCat("cannot wait for gnuplot: ", std::strerror(errno)));
    }
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("gnuplot failed: ", ReadText(folder / words)));
}

// Returns the error of a picture that is not complete. On a full disk gnuplot
// stops in the middle and exits with 0.
absl::Status CheckWhole(const std::string& picture, PictureFormat format) {
  constexpr size_t kTail = 16;
  const std::string tail =
      picture.substr(picture.size() - std::min(picture.size(), kTail));
  // IEND is the chunk that ends a png.
  const char* const end = format == PictureFormat::kSvg   ? "</svg>"
                          : format == PictureFormat::kPng ? "IEND"
                                                          : "%%EOF";
  if (absl::StrContains(tail, end)) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("no picture: gnuplot could not write all of the ",
                   PictureEnding(format), "; is the disk full?"));
}

absl::Status EaselError(const std::string& what, const fs::path& path,
                        const std::error_code& error) {
  return absl::InternalError(
      absl::StrCat(what, " ", path.string(), ": ", error.message()));
}

absl::Status WriteBytes(const fs::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  file.close();
  return file ? absl::OkStatus()
              : absl::InternalError(absl::StrCat("cannot write in ",
                                                 path.parent_path().string()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Easel>> Easel::Create(
    const std::string& folder) {
  const fs::path target = folder.empty() ? "." : folder;
  std::error_code error;
  fs::create_directories(target, error);
  if (error) return EaselError("cannot create", target, error);
  std::string pattern = (target / ".fathom-plot-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {
    return EaselError("cannot create a folder in", target,
                      std::error_code(errno, std::generic_category()));
  }
  return absl::WrapUnique(new Easel(pattern));
}

Easel::~Easel() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

absl::StatusOr<std::string> Easel::Draw(PictureFormat format,
                                        const std::string& script) const {
  const fs::path folder = folder_;
  RETURN_IF_ERROR(WriteBytes(folder / "plot.gp", script));
  RETURN_IF_ERROR(RunGnuplot(folder, "plot.gp", "words"));
  std::ifstream file(folder / kOutput, std::ios::binary);
  std::string picture{std::istreambuf_iterator<char>(file), {}};
  RETURN_IF_ERROR(CheckWhole(picture, format));
  if (format == PictureFormat::kPdf) SetPdfDate(&picture);
  return picture;
}

absl::Status Easel::Put(const std::string& picture,
                        const std::string& path) const {
  const fs::path written = fs::path(folder_) / "put";
  RETURN_IF_ERROR(WriteBytes(written, picture));
  std::error_code error;
  fs::rename(written, path, error);
  return error ? EaselError("cannot write", path, error) : absl::OkStatus();
}

}  // namespace fathom::client
