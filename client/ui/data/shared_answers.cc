#include "client/ui/data/shared_answers.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace fathom::client {
namespace {

constexpr size_t kMostAnswers = 256;
// Of an answer, and of all together.
constexpr size_t kMostBytes = size_t{4} << 20;
constexpr size_t kMostBytesTogether = size_t{16} << 20;
// Pages ask for what is not finished every half second.
constexpr absl::Duration kUnfinishedFor = absl::Milliseconds(400);

// Lengths keep what is asked for apart, whatever is in it.
void AppendPart(const std::string& part, std::string* key) {
  absl::StrAppend(key, part.size(), ":", part, ";");
}

std::string KeyOf(const UiRequest& request) {
  std::string key;
  for (const std::string& part : request.path) AppendPart(part, &key);
  key += "?";
  for (const auto& [name, value] : request.query) {
    AppendPart(name, &key);
    AppendPart(value, &key);
  }
  AppendPart(request.accept, &key);
  return key;
}

std::string SecondsText(absl::Duration time) {
  return absl::StrFormat(
      "%.1f", absl::ToDoubleSeconds(std::max(time, absl::ZeroDuration())));
}

}  // namespace

SharedAnswers::SharedAnswers(Options options)
    : options_(std::move(options)), rounds_(options_.rule) {}

void SharedAnswers::Charge(absl::Duration cost) {
  absl::MutexLock lock(&mutex_);
  rounds_.Charge(cost);
}

void SharedAnswers::TurnRounds(absl::Time now) {
  const int64_t turn = options_.turn ? options_.turn() : 0;
  const bool at_once = std::exchange(turn_, turn) != turn;
  if (!rounds_.Turn(now, at_once)) return;
  // What is asked for in every round is still there in the next one.
  const absl::Time kept_since = rounds_.begin_of_last();
  absl::erase_if(answers_, [&](const auto& entry) {
    return !entry.second->computing && entry.second->asked < kept_since;
  });
}

bool SharedAnswers::IsFresh(const Answer& answer, absl::Time now) const {
  if (answer.begun < rounds_.begin() || answer.begun > now) return false;
  return !answer.response.etag.empty() || now < answer.begun + kUnfinishedFor;
}

std::optional<UiResponse> SharedAnswers::Kept(const Answer& answer,
                                              const UiRequest& request,
                                              absl::Time now) const {
  const std::string& etag = answer.response.etag;
  UiResponse response;
  if (!etag.empty() && absl::StrContains(request.if_none_match,
                                         absl::StrCat("\"", etag, "\""))) {
    response = {.status = 304, .etag = etag};
  } else if (answer.has_body) {
    response = answer.response;
  } else {
    return std::nullopt;
  }
  const int64_t version = options_.version ? options_.version() : 0;
  if (answer.version != version && !etag.empty()) {
    response.headers.emplace_back("Fathom-Age",
                                  SecondsText(now - answer.begun));
    response.headers.emplace_back("Fathom-Next",
                                  SecondsText(rounds_.end() - now));
  }
  return response;
}

std::shared_ptr<SharedAnswers::Answer> SharedAnswers::PlaceOf(
    const std::string& key) {
  if (answers_.size() >= kMostAnswers && !answers_.contains(key)) {
    auto oldest = answers_.end();
    for (auto it = answers_.begin(); it != answers_.end(); ++it) {
      if (it->second->computing) continue;
      if (oldest == answers_.end() ||
          it->second->asked < oldest->second->asked) {
        oldest = it;
      }
    }
    if (oldest != answers_.end()) answers_.erase(oldest);
  }
  std::shared_ptr<Answer>& place = answers_[key];
  if (place == nullptr) place = std::make_shared<Answer>();
  return place;
}

void SharedAnswers::Keep(const std::string& key, Answer& answer,
                         const UiResponse& response) {
  if (response.status == 304 && response.etag == answer.response.etag) return;
  const bool good =
      response.status < 400 && response.stream == nullptr &&
      // What is not finished says nothing without its body.
      (response.body.size() <= kMostBytes || !response.etag.empty());
  answer.response = UiResponse();
  answer.has_body = false;
  if (!good) {
    if (const auto it = answers_.find(key);
        it != answers_.end() && it->second.get() == &answer) {
      answers_.erase(it);
    }
    return;
  }
  size_t together = response.body.size();
  for (const auto& [other, kept] : answers_) {
    together += kept->response.body.size();
  }
  answer.has_body = response.status == 200 &&
                    response.body.size() <= kMostBytes &&
                    together <= kMostBytesTogether;
  if (answer.has_body) {
    answer.response = response;
  } else {
    answer.response.etag = response.etag;
  }
}

UiResponse SharedAnswers::Get(
    const UiRequest& request,
    absl::FunctionRef<UiResponse(const UiRequest&)> compute) {
  if (options_.rule.shortest <= absl::ZeroDuration()) return compute(request);
  if (request.method != "GET") {
    const absl::Duration before = options_.cost();
    UiResponse response = compute(request);
    absl::MutexLock lock(&mutex_);
    rounds_.Charge(options_.cost() - before);
    // What was changed is to be seen at once; a query changes nothing.
    if (request.path.empty() || request.path[0] != "query") answers_.clear();
    return response;
  }
  const std::string key = KeyOf(request);
  UiRequest own = request;
  std::shared_ptr<Answer> answer;
  {
    absl::MutexLock lock(&mutex_);
    const absl::Time now = options_.now();
    TurnRounds(now);
    answer = PlaceOf(key);
    bool shared = !request.anew && IsFresh(*answer, now);
    if (answer->computing) {
      mutex_.Await(absl::Condition(
          +[](Answer* one) { return !one->computing; }, answer.get()));
      shared = true;
    }
    answer->asked = now;
    if (shared) {
      // An error is not shared, nor an answer that has been dropped meanwhile.
      if (auto kept = Kept(*answer, request, now)) return *std::move(kept);
      answer = nullptr;
    } else {
      answer->computing = true;
      answer->begun = now;
      answer->version = options_.version ? options_.version() : 0;
      if (answer->has_body) {
        own.if_none_match = absl::StrCat("\"", answer->response.etag, "\"");
      }
    }
  }
  const absl::Duration before = options_.cost();
  UiResponse response = compute(own);
  absl::MutexLock lock(&mutex_);
  rounds_.Charge(options_.cost() - before);
  if (answer == nullptr) return response;
  answer->computing = false;
  Keep(key, *answer, response);
  // Whoever asked may not have what was kept.
  if (response.status == 304) {
    if (auto kept = Kept(*answer, request, answer->begun)) return *kept;
  }
  return response;
}

}  // namespace fathom::client
