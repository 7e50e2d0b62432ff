#include "worker/engine/lane_state.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"
#include "worker/engine/engine.h"

namespace fathom::worker {
namespace {

static_assert(std::endian::native == std::endian::little,
              "numbers are copied as they lie in memory");

constexpr absl::string_view kMagic = "fthmlane";
constexpr uint32_t kVersion = 1;
constexpr double kNoLoss = std::numeric_limits<double>::quiet_NaN();

// The numbers of a state besides the arrays.
struct Progress {
  int64_t step = 0;
  double seconds = 0;
  double diverge_above = 0;
  double final_loss = kNoLoss;
  double best_loss = kNoLoss;
  int64_t best_step = 0;
};

static_assert(sizeof(Progress) == 48, "it has no gaps");

template <class T>
size_t BytesOf(const std::vector<std::span<T>>& arrays) {
  size_t bytes = 0;
  for (const std::span<T> array : arrays) bytes += array.size_bytes();
  return bytes;
}

template <class T>
void Put(const T& value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

template <class T>
void PutLengths(const std::vector<std::span<T>>& arrays, std::string& out) {
  Put(static_cast<uint32_t>(arrays.size()), out);
  for (const std::span<T> array : arrays) {
    Put(static_cast<int64_t>(array.size()), out);
  }
}

template <class T>
void PutNumbers(const std::vector<std::span<T>>& arrays, std::string& out) {
  for (const std::span<T> array : arrays) {
    if (array.empty()) continue;
    out.append(reinterpret_cast<const char*>(array.data()), array.size_bytes());
  }
}

absl::Status Wrong(absl::string_view what, absl::string_view found,
                   absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat("the state of a lane, ", what,
                                                 ": found ", found,
                                                 ", expected ", expected));
}

// Takes one thing after the other from the front of some bytes.
class Cursor {
 public:
  explicit Cursor(absl::string_view bytes) : rest_(bytes) {}

  absl::string_view rest() const { return rest_; }

  absl::Status Take(size_t count, absl::string_view what,
                    absl::string_view* bytes) {
    if (rest_.size() < count) {
      return Wrong(what, absl::StrCat(rest_.size(), " bytes"),
                   absl::StrCat(count));
    }
    *bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return absl::OkStatus();
  }

  template <class T>
  absl::Status Take(absl::string_view what, T* value) {
    absl::string_view bytes;
    RETURN_IF_ERROR(Take(sizeof(T), what, &bytes));
    std::memcpy(value, bytes.data(), sizeof(T));
    return absl::OkStatus();
  }

  // Checks the lengths of arrays.
  template <class T>
  absl::Status CheckLengths(const std::vector<std::span<T>>& arrays,
                            absl::string_view what) {
    uint32_t count = 0;
    RETURN_IF_ERROR(Take(what, &count));
    if (count != arrays.size()) {
      return Wrong(what, absl::StrCat(count, " of them"),
                   absl::StrCat(arrays.size()));
    }
    for (const std::span<T> array : arrays) {
      int64_t length = 0;
      RETURN_IF_ERROR(Take(what, &length));
      if (length != static_cast<int64_t>(array.size())) {
        return Wrong(what, absl::StrCat("one of ", length, " numbers"),
                     absl::StrCat(array.size()));
      }
    }
    return absl::OkStatus();
  }

  // Copies the numbers of arrays, all of which must be there.
  template <class T>
  void CopyNumbers(const std::vector<std::span<T>>& arrays) {
    for (const std::span<T> array : arrays) {
      if (array.empty()) continue;
      std::memcpy(array.data(), rest_.data(), array.size_bytes());
      rest_.remove_prefix(array.size_bytes());
    }
  }

 private:
  absl::string_view rest_;
};

absl::Status CheckFront(Cursor& cursor, absl::string_view engine) {
  absl::string_view found;
  RETURN_IF_ERROR(cursor.Take(kMagic.size(), "its first bytes", &found));
  if (found != kMagic) {
    return Wrong("its first bytes", absl::CHexEscape(found), kMagic);
  }
  uint32_t version = 0;
  RETURN_IF_ERROR(cursor.Take("version", &version));
  if (version != kVersion) {
    return Wrong("version", absl::StrCat(version), absl::StrCat(kVersion));
  }
  uint32_t length = 0;
  RETURN_IF_ERROR(cursor.Take("engine", &length));
  if (length != engine.size()) {
    return Wrong("engine", absl::StrCat("a name of ", length, " bytes"),
                 engine);
  }
  RETURN_IF_ERROR(cursor.Take(length, "engine", &found));
  if (found != engine) return Wrong("engine", absl::CHexEscape(found), engine);
  return absl::OkStatus();
}

absl::Status CheckProgress(const Progress& p, int64_t steps) {
  if (p.step < 0 || p.step > steps) {
    return Wrong("step", absl::StrCat(p.step), absl::StrCat("0 to ", steps));
  }
  if (!std::isfinite(p.seconds) || p.seconds < 0) {
    return Wrong("seconds", absl::StrCat(p.seconds), "a time");
  }
  if (!(p.diverge_above >= 0)) {
    return Wrong("bound of divergence", absl::StrCat(p.diverge_above),
                 "a number that is not negative");
  }
  // From step 0 on there has been a loss.
  if (p.step == 0 ? !std::isnan(p.final_loss) : !std::isfinite(p.final_loss)) {
    return Wrong("final loss", absl::StrCat(p.final_loss),
                 p.step == 0 ? "none before step 0" : "a finite one");
  }
  if (std::isnan(p.best_loss)) {
    if (p.best_step == 0) return absl::OkStatus();
    return Wrong("best step", absl::StrCat(p.best_step), "0 without a loss");
  }
  if (p.step == 0 || !std::isfinite(p.best_loss)) {
    return Wrong("best loss", absl::StrCat(p.best_loss),
                 "a finite one of a step before, or none");
  }
  if (p.best_step < 0 || p.best_step >= p.step) {
    return Wrong("best step", absl::StrCat(p.best_step),
                 absl::StrCat("0 to ", p.step - 1));
  }
  return absl::OkStatus();
}

void Enter(const Progress& progress, const LaneParts& parts) {
  v1::TrialResult& result = *parts.result;
  result.set_steps(progress.step);
  result.set_seconds(progress.seconds);
  result.set_best_step(progress.best_step);
  if (!std::isnan(progress.final_loss)) {
    result.set_final_loss(progress.final_loss);
  }
  if (!std::isnan(progress.best_loss)) {
    result.set_best_loss(progress.best_loss);
  }
  *parts.diverge_above = progress.diverge_above;
}

}  // namespace

std::optional<std::string> WriteLaneState(absl::string_view engine,
                                          const LaneParts& parts,
                                          double seconds) {
  const v1::TrialResult& result = *parts.result;
  const kernel::StateArrays& arrays = parts.arrays;
  const size_t lengths = arrays.doubles.size() + arrays.floats.size();
  const size_t bytes = kMagic.size() + engine.size() + sizeof(Progress) +
                       4 * sizeof(uint32_t) + lengths * sizeof(int64_t) +
                       BytesOf(arrays.doubles) + BytesOf(arrays.floats);
  if (bytes > kMaxStateBytes) return std::nullopt;
  std::string state;
  state.reserve(bytes);
  state.append(kMagic.data(), kMagic.size());
  Put(kVersion, state);
  Put(static_cast<uint32_t>(engine.size()), state);
  state.append(engine.data(), engine.size());
  Put(
      Progress{
          .step = result.steps(),
          .seconds = result.seconds() + seconds,
          .diverge_above = *parts.diverge_above,
          .final_loss = result.has_final_loss() ? result.final_loss() : kNoLoss,
          .best_loss = result.has_best_loss() ? result.best_loss() : kNoLoss,
          .best_step = result.best_step()},
      state);
  PutLengths(arrays.doubles, state);
  PutLengths(arrays.floats, state);
  PutNumbers(arrays.doubles, state);
  PutNumbers(arrays.floats, state);
  return state;
}

absl::Status ReadLaneState(absl::string_view state, absl::string_view engine,
                           int64_t steps, const LaneParts& parts) {
  const kernel::StateArrays& arrays = parts.arrays;
  Cursor cursor(state);
  RETURN_IF_ERROR(CheckFront(cursor, engine));
  Progress progress;
  RETURN_IF_ERROR(cursor.Take("progress", &progress));
  RETURN_IF_ERROR(CheckProgress(progress, steps));
  RETURN_IF_ERROR(cursor.CheckLengths(arrays.doubles, "arrays of doubles"));
  RETURN_IF_ERROR(cursor.CheckLengths(arrays.floats, "arrays of floats"));
  const size_t bytes = BytesOf(arrays.doubles) + BytesOf(arrays.floats);
  if (cursor.rest().size() != bytes) {
    return Wrong("numbers", absl::StrCat(cursor.rest().size(), " bytes"),
                 absl::StrCat(bytes));
  }
  cursor.CopyNumbers(arrays.doubles);
  cursor.CopyNumbers(arrays.floats);
  Enter(progress, parts);
  return absl::OkStatus();
}

}  // namespace fathom::worker
