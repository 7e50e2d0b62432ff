#include "client/ui/data/question.h"

#include <cmath>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "client/ui/data/columns.h"
#include "client/ui/data/number_json.h"
#include "client/view/progress.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "proto/shared/sha256.h"
#include "proto/shared/status.h"
#include "proto/shared/version.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/names.h"
#include "proto/sweep/printable.h"

namespace fathom::client {
namespace {

constexpr size_t kTagDigits = 24;

std::string ShortHash(absl::string_view text) {
  return Sha256Hex(text).substr(0, kTagDigits);
}

// Returns the bytes of a message, the same ones for equal messages.
std::string BytesOf(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream out(&stream);
  out.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&out);
  out.Trim();
  return bytes;
}

}  // namespace

std::vector<std::string> AllOf(const UiRequest& request,
                               absl::string_view name) {
  std::vector<std::string> values;
  for (const auto& [key, value] : request.query) {
    if (key == name) values.push_back(value);
  }
  return values;
}

std::string TextOf(const UiRequest& request, absl::string_view name) {
  for (const auto& [key, value] : request.query) {
    if (key == name) return value;
  }
  return "";
}

absl::StatusOr<int64_t> IntegerOf(const UiRequest& request,
                                  absl::string_view name, int64_t otherwise,
                                  int64_t least, int64_t most) {
  const std::string text = TextOf(request, name);
  if (text.empty()) return otherwise;
  int64_t number = 0;
  if (absl::SimpleAtoi(text, &number) && number >= least && number <= most) {
    return number;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      name, ": found \"", Excerpt(text), "\", expected ", least, " to ", most));
}

absl::StatusOr<std::optional<std::pair<double, double>>> RangeOf(
    const UiRequest& request, absl::string_view name) {
  const std::string text = TextOf(request, name);
  if (text.empty()) return std::nullopt;
  const std::vector<std::string> ends =
      absl::StrSplit(text, absl::MaxSplits("..", 1));
  std::pair<double, double> range;
  if (ends.size() == 2 && absl::SimpleAtod(ends[0], &range.first) &&
      absl::SimpleAtod(ends[1], &range.second) && std::isfinite(range.first) &&
      std::isfinite(range.second) && range.first < range.second) {
    return range;
  }
  return absl::InvalidArgumentError(
      absl::StrCat(name, ": found \"", Excerpt(text),
                   "\", expected LOW..HIGH, of which LOW is the smaller one"));
}

absl::StatusOr<int64_t> NumberInPath(const UiRequest& request, size_t place,
                                     absl::string_view what) {
  int64_t number = 0;
  if (place < request.path.size() &&
      absl::SimpleAtoi(request.path[place], &number) && number >= 0) {
    return number;
  }
  return absl::NotFoundError(absl::StrCat(
      "found \"",
      place < request.path.size() ? Excerpt(request.path[place]) : "",
      "\", expected the number of a ", what));
}

absl::StatusOr<v1::Sweep> SweepOf(UiState& state, const UiRequest& request,
                                  bool readable) {
  ASSIGN_OR_RETURN(const int64_t id, NumberInPath(request, 1, "sweep"));
  ASSIGN_OR_RETURN(v1::Sweep sweep, request.viewer.connection->GetSweep(id));
  state.rates.Add(sweep, state.options.now());
  if (readable && !sweep.unreadable().empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the spec of sweep ", id, " cannot be read: ", sweep.unreadable()));
  }
  return sweep;
}

absl::StatusOr<v1::Metric> MetricOf(const UiRequest& request,
                                    const v1::SweepSpec& spec,
                                    absl::string_view name) {
  const std::string text = TextOf(request, name);
  std::vector<std::string> names;
  for (const int number : spec.trial().record().metrics()) {
    const auto metric = static_cast<v1::Metric>(number);
    names.push_back(MetricName(metric));
    if (text.empty() || names.back() == text) return metric;
  }
  if (text.empty()) return v1::METRIC_LOSS;
  const std::string near = NearestName(text, names);
  return absl::InvalidArgumentError(absl::StrCat(
      name, ": the sweep does not record \"", Excerpt(text), "\"; ",
      near.empty() ? absl::StrCat("it records ", absl::StrJoin(names, ", "))
                   : absl::StrCat("did you mean ", near, "?")));
}

std::string VersionOf(const v1::Sweep& sweep) {
  const bool trains = sweep.state() == v1::SWEEP_STATE_RUNNING &&
                      sweep.progress().leased() > 0 && !sweep.interrupted();
  return ShortHash(absl::StrCat(BytesOf(sweep), "/",
                                trains ? absl::ToUnixSeconds(absl::Now()) : 0));
}

std::string CoarseVersionOf(const v1::Sweep& sweep) {
  if (sweep.state() != v1::SWEEP_STATE_RUNNING) return VersionOf(sweep);
  constexpr double kPerFold = 20;
  const auto finished = static_cast<double>(FinishedTrials(sweep.progress()));
  // What a retry gives out again makes a new version as well.
  return ShortHash(absl::StrCat(
      sweep.sweep_id(), "/", sweep.fingerprint(), "/",
      sweep.create_time().seconds(), "/", sweep.interrupted() ? 1 : 0, "/",
      sweep.progress().failed() > 0 ? 1 : 0, "/",
      sweep.interrupted() ? finished
                          : std::floor(kPerFold * std::log1p(finished))));
}

std::string TagOf(const UiRequest& request, absl::string_view version) {
  std::string all = absl::StrCat(FullVersion(), "\n", version, "\n",
                                 request.method, "\n", request.accept);
  for (const std::string& part : request.path)
    absl::StrAppend(&all, "\n", part);
  for (const auto& [name, value] : request.query) {
    absl::StrAppend(&all, "\n", name, "=", value);
  }
  return ShortHash(all);
}

bool HasAlready(const UiRequest& request, absl::string_view tag) {
  return absl::StrContains(request.if_none_match,
                           absl::StrCat("\"", tag, "\""));
}

UiResponse NotModified(absl::string_view tag) {
  return {.status = 304, .etag = std::string(tag)};
}

UiResponse JsonResponse(const UiRequest& request,
                        const nlohmann::ordered_json& json, std::string tag) {
  std::string body = PageText(json);
  if (tag.empty()) tag = TagOf(request, ShortHash(body));
  if (HasAlready(request, tag)) return NotModified(tag);
  return {.body = std::move(body), .etag = std::move(tag)};
}

}  // namespace fathom::client
