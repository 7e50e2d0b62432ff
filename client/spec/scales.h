#ifndef FATHOM_CLIENT_SPEC_SCALES_H_
#define FATHOM_CLIENT_SPEC_SCALES_H_

#include <string>
#include <vector>

#include "client/spec/errors.h"
#include "client/spec/yaml_tree.h"

namespace fathom::client {

// The key of a sweep file that holds its scales, and the name of the scale that
// is the file without any of them.
inline constexpr char kScalesKey[] = "scales";
inline constexpr char kDefaultScale[] = "default";

// The largest number of scales in a file. Each scale is read and checked like a
// file of its own, so that the number bounds the work.
inline constexpr size_t kMostScales = 16;

// A sweep file at one scale.
struct ScaledTree {
  std::string name;
  YamlNode root;  // The whole file without the key `scales`.
};

// Returns what the map `root` means at each scale. The first result is the file
// as it stands, named kDefaultScale. Each entry of `scales` follows, in the
// order written: the file with the top-level keys of that entry in place of its
// own. Every node keeps its position; the position of a root is the first line
// of the file, or the place of its scale. Errors in `scales` itself go to
// `errors`, and a scale with such an error is left out.
std::vector<ScaledTree> SplitScales(const YamlNode& root, ErrorList* errors);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_SPEC_SCALES_H_
