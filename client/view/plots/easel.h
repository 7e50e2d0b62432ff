#ifndef FATHOM_CLIENT_VIEW_PLOTS_EASEL_H_
#define FATHOM_CLIENT_VIEW_PLOTS_EASEL_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/view/plots/plot_style.h"

namespace fathom::client {

// Where gnuplot draws: a temporary folder within the one where the pictures go,
// so that a finished picture can be renamed into place. The destructor removes
// it.
//
// Not thread-safe.
class Easel {
 public:
  // The name that a script gives to what it draws.
  static constexpr char kOutput[] = "picture";

  // Creates `folder`, if need be, and the temporary folder in it. INTERNAL for
  // errors of the file system.
  static absl::StatusOr<std::unique_ptr<Easel>> Create(
      const std::string& folder);
  ~Easel();
  Easel(const Easel&) = delete;
  Easel& operator=(const Easel&) = delete;

  // Runs a script and returns the bytes of its picture, which depend on nothing
  // else: a pdf has no date of the clock, see SetPdfDate(). FAILED_PRECONDITION
  // when gnuplot is not on the PATH, with the package to install;
  // RESOURCE_EXHAUSTED when it could not write all of the picture; and INTERNAL
  // with its words when it fails.
  absl::StatusOr<std::string> Draw(PictureFormat format,
                                   const std::string& script) const;

  // Puts a picture into the file `path`, which is replaced as a whole.
  absl::Status Put(const std::string& picture, const std::string& path) const;

 private:
  explicit Easel(std::string folder) : folder_(std::move(folder)) {}

  const std::string folder_;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_EASEL_H_
