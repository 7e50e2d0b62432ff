#ifndef FATHOM_CLIENT_SPEC_SCALES_H_
#define FATHOM_CLIENT_SPEC_SCALES_H_

#include <string>
#include <vector>

#include "client/spec/errors.h"
#include "client/spec/yaml_tree.h"

namespace fathom::client {

// The key of a sweep file that holds its scales, and the name of the file as it
// stands.
inline constexpr char kScalesKey[] = "scales";
inline constexpr char kDefaultScale[] = "default";

// Most scales of a file. Each is read and checked as a whole file.
inline constexpr size_t kMostScales = 16;

// A sweep file at one scale.
struct ScaledTree {
  std::string name;
  YamlNode root;  // Without `scales`.
};

// Returns what the map `root` means at each scale: first as it stands, named
// kDefaultScale, then with the top-level keys of each entry of `scales`, in the
// order written, in place of its own. Every piece keeps its position; that of
// the whole is the first line, or where the scale is. Adds what is wrong with
// `scales` itself to `errors`, and leaves such a scale out.
std::vector<ScaledTree> SplitScales(const YamlNode& root, ErrorList* errors);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_SPEC_SCALES_H_
