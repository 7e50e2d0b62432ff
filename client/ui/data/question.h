#ifndef FATHOM_CLIENT_UI_DATA_QUESTION_H_
#define FATHOM_CLIENT_UI_DATA_QUESTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/ui/data/state.h"
#include "client/ui/exchange.h"
#include "fathom/v1/sweep_service.pb.h"
#include "nlohmann/json.hpp"

// What the answers for the page have in common: the parameters of a request,
// the versions of what they show, and the forms of a response.
namespace fathom::client {

// Returns the values of a parameter, in their order, and the first one, or ""
// where there is none.
std::vector<std::string> AllOf(const UiRequest& request,
                               absl::string_view name);
std::string TextOf(const UiRequest& request, absl::string_view name);

// Returns a parameter as an integer, or `otherwise` where it is missing.
// INVALID_ARGUMENT unless it is from `least` to `most`.
absl::StatusOr<int64_t> IntegerOf(const UiRequest& request,
                                  absl::string_view name, int64_t otherwise,
                                  int64_t least, int64_t most);

// Returns a parameter "LOW..HIGH" with LOW < HIGH, or nothing where it is
// missing. INVALID_ARGUMENT for anything else.
absl::StatusOr<std::optional<std::pair<double, double>>> RangeOf(
    const UiRequest& request, absl::string_view name);

// Returns the number in part `place` of the path. NOT_FOUND when it is none.
absl::StatusOr<int64_t> NumberInPath(const UiRequest& request, size_t place,
                                     absl::string_view what);

// Returns the sweep that the path names, as it is now, and notes how fast it
// goes. With `readable`, FAILED_PRECONDITION when its spec cannot be read.
absl::StatusOr<v1::Sweep> SweepOf(UiState& state, const UiRequest& request,
                                  bool readable = true);

// Returns the metric that the parameter `name` names, or the loss.
// INVALID_ARGUMENT unless the sweep records it.
absl::StatusOr<v1::Metric> MetricOf(const UiRequest& request,
                                    const v1::SweepSpec& spec,
                                    absl::string_view name = "metric");

// Returns a text that changes whenever something of the sweep may have changed.
// What is being trained has a new version every second.
std::string VersionOf(const v1::Sweep& sweep);

// Returns such a text for what takes long to compute: while the sweep runs it
// stays the same until about a twentieth more trials have ended.
std::string CoarseVersionOf(const v1::Sweep& sweep);

// Returns the tag of the answer to a request that depends on nothing but the
// request and `version`.
std::string TagOf(const UiRequest& request, absl::string_view version);

// Returns whether the other side has the answer with this tag already, and the
// response that says so.
bool HasAlready(const UiRequest& request, absl::string_view tag);
UiResponse NotModified(absl::string_view tag);

// Returns a response with this document, for which the text of `json` is the
// tag unless there is one already, and 304 where the other side has it.
UiResponse JsonResponse(const UiRequest& request,
                        const nlohmann::ordered_json& json,
                        std::string tag = "");

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_QUESTION_H_
