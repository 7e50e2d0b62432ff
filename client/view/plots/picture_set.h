#ifndef FATHOM_CLIENT_VIEW_PLOTS_PICTURE_SET_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PICTURE_SET_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "client/view/plots/heat.h"
#include "client/view/plots/picture.h"
#include "client/view/plots/plot_style.h"
#include "fathom/v1/sweep_service.pb.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// The rows of a ledger that a picture rests on.
struct PictureSource {
  int64_t sweep = 0;
  std::string name = {};
  std::string fingerprint = {};
  std::vector<std::string> numerics = {};
  std::string metric = {};
  std::vector<int64_t> trials = {};  // Ascending.
};

// Returns the source of a picture of these trials, in any order.
PictureSource SourceOf(const v1::Sweep& sweep, v1::Metric metric,
                       std::vector<int64_t> trials);

// One picture, before it has a format.
struct Drawing {
  // Scripts for gnuplot, of what no Plot describes.
  using Scripts = std::map<PictureFormat, std::string>;

  std::string kind = {};  // "curves", "heat": a part of the file's name.
  std::variant<Plot, Heat, Scripts> what = {};
};

// Returns the script for gnuplot, which draws into Easel::kOutput.
std::string ScriptOf(const Drawing& drawing, PictureFormat format);

// Pictures of the same rows.
struct PictureSet {
  std::vector<Drawing> drawings = {};
  std::vector<PictureSource> sources = {};  // At least one; see Plot::sweep.
};

// Returns the digest of what is drawn. It is the same for all formats.
std::string DigestOf(const Drawing& drawing);

// Returns the text of a finished picture, see provenance.h: a JSON document
// that says which sweep and trials the picture shows, the query for their
// points, the digest of what is drawn, that of `picture`, and the fields of
// `origin`.
std::string OriginText(const PictureSet& set, const Drawing& drawing,
                       const std::string& picture,
                       const nlohmann::ordered_json& origin);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PICTURE_SET_H_
