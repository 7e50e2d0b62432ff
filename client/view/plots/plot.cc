#include "client/view/plots/plot.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/view/format.h"
#include "client/view/plots/parts_picture.h"
#include "client/view/plots/picture.h"
#include "client/view/plots/plot_script.h"
#include "client/view/plots/profile_script.h"
#include "proto/shared/status.h"

extern char** environ;

namespace fathom::client {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostErrorText = 2000;
constexpr absl::string_view kStem = "picture";  // Name of temporary files.
constexpr char kGnuplotTitle[] = "<title>Gnuplot</title>";

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
        "gnuplot-nox) and run `fathom plot`");
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

// Gives an svg file a title that says what it shows, because screen readers and
// browsers tell it. gnuplot writes its own name there.
absl::Status SetTitle(const Plot& plot, const fs::path& svg) {
  std::ifstream file(svg, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string title = absl::StrReplaceAll(
      Printable(absl::StrCat(plot.name, " (sweep ", plot.sweep, ")")),
      {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}});
  const size_t at = text.find(kGnuplotTitle);
  if (at == std::string::npos) return absl::OkStatus();
  text.replace(at, sizeof(kGnuplotTitle) - 1,
               absl::StrCat("<title>", title, "</title>"));
  std::ofstream out(svg, std::ios::binary);
  out << text;
  out.close();
  return out ? absl::OkStatus()
             : absl::InternalError(absl::StrCat("cannot write ", svg.string()));
}

// Checks that the picture which gnuplot has written is complete. On a full
// disk gnuplot stops in the middle and exits with 0.
absl::Status CheckWhole(const fs::path& path, PictureFormat format) {
  constexpr std::streamoff kTail = 16;
  std::ifstream file(path, std::ios::binary);
  file.seekg(-kTail, std::ios::end);
  const std::string tail{std::istreambuf_iterator<char>(file), {}};
  // IEND is the chunk that ends a png.
  const bool svg = format == PictureFormat::kSvg;
  if (absl::StrContains(tail, svg ? "</svg>" : "IEND")) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(
      absl::StrCat("no picture: gnuplot could not write all of the ",
                   svg ? "svg" : "png", "; is the disk full?"));
}

absl::Status FileError(const std::string& what, const fs::path& path,
                       const std::error_code& error) {
  return absl::InternalError(
      absl::StrCat(what, " ", path.string(), ": ", error.message()));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> DrawSummary(
    const v1::Sweep& sweep, const SweepAnalysis& analysis,
    const PictureOptions& options) {
  Plot plot = MakePlot(sweep, analysis);
  if (plot.panels.empty()) {
    return absl::FailedPreconditionError(
        "no picture: no group has a setting of which all trials have a curve");
  }
  const Plot parts = MakePartsPlot(sweep, analysis);
  if (options.overlay.has_value()) {
    RETURN_IF_ERROR(
        AddOverlay(*options.overlay, options.updates_per_iteration, &plot));
  }
  std::error_code error;
  const fs::path target = options.folder.empty() ? "." : options.folder;
  fs::create_directories(target, error);
  if (error) return FileError("cannot create", target, error);

  // The temporary folder is in the target, so that a finished picture can be
  // renamed into place.
  std::string pattern = (target / ".fathom-plot-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {
    return FileError("cannot create a folder in", target,
                     std::error_code(errno, std::generic_category()));
  }
  const fs::path work = pattern;
  const absl::Cleanup remove = [&] {
    std::error_code ignored;
    fs::remove_all(work, ignored);
  };

  std::vector<std::string> pictures;
  const std::string name = absl::StrCat(
      FileNameOf(options.ledger), options.ledger.empty() ? "" : "-",
      FileNameOf(sweep.spec().name()), "-", sweep.sweep_id());
  const auto draw = [&](const std::string& stem, PictureFormat format,
                        const std::string& script_text,
                        const std::string& picture) -> absl::Status {
    std::ofstream script(work / "plot.gp", std::ios::binary);
    script << script_text;
    script.close();
    if (!script) {
      return absl::InternalError(
          absl::StrCat("cannot write in ", work.string()));
    }
    RETURN_IF_ERROR(RunGnuplot(work, "plot.gp", "words"));
    RETURN_IF_ERROR(CheckWhole(work / picture, format));
    if (format == PictureFormat::kSvg) {
      RETURN_IF_ERROR(SetTitle(plot, work / picture));
    }
    const fs::path path =
        target / absl::StrCat(stem, picture.substr(kStem.size()));
    fs::rename(work / picture, path, error);
    if (error) return FileError("cannot write", path, error);
    pictures.push_back(path.lexically_normal().string());
    return absl::OkStatus();
  };
  for (const auto& [format, picture] :
       {std::pair(PictureFormat::kSvg, "picture.svg"),
        std::pair(PictureFormat::kPng, "picture.png")}) {
    RETURN_IF_ERROR(
        draw(name, format, PlotScript(plot, format, picture), picture));
    if (HasProfile(analysis)) {
      RETURN_IF_ERROR(draw(absl::StrCat(name, "-speedup"), format,
                           ProfileScript(sweep, analysis, format, picture),
                           picture));
    }
    if (!parts.panels.empty()) {
      RETURN_IF_ERROR(draw(absl::StrCat(name, "-parts"), format,
                           PlotScript(parts, format, picture), picture));
    }
  }
  return pictures;
}

}  // namespace fathom::client
