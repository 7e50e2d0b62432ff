#include "client/ui/data/shared_answers.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace fathom::client {
namespace {

constexpr size_t kMostAnswers = 64;
// Of an answer, and of all together.
constexpr size_t kMostBytes = size_t{4} << 20;
constexpr size_t kMostBytesTogether = size_t{16} << 20;

// Lengths keep what is asked for apart, whatever is in it.
void AppendPart(const std::string& part, std::string* key) {
  absl::StrAppend(key, part.size(), ":", part, ";");
}

std::string KeyOf(const UiRequest& request, int64_t version) {
  std::string key = absl::StrCat(version, ";");
  for (const std::string& part : request.path) AppendPart(part, &key);
  key += "?";
  for (const auto& [name, value] : request.query) {
    AppendPart(name, &key);
    AppendPart(value, &key);
  }
  AppendPart(request.accept, &key);
  AppendPart(request.if_none_match, &key);
  return key;
}

}  // namespace

SharedAnswers::SharedAnswers(absl::Duration fresh,
                             std::function<int64_t()> version,
                             std::function<absl::Time()> now)
    : fresh_(fresh), version_(std::move(version)), now_(std::move(now)) {}

UiResponse SharedAnswers::Get(const UiRequest& request,
                              absl::FunctionRef<UiResponse()> compute) {
  if (fresh_ <= absl::ZeroDuration()) return compute();
  if (request.method != "GET") {
    UiResponse response = compute();
    absl::MutexLock lock(&mutex_);
    answers_.clear();  // What was changed is to be seen at once.
    return response;
  }
  const std::string key = KeyOf(request, version_ ? version_() : 0);
  const absl::Time now = now_();
  std::shared_ptr<Answer> own;
  {
    absl::MutexLock lock(&mutex_);
    Forget(now);
    std::shared_ptr<Answer>& found = answers_[key];
    if (found == nullptr && answers_.size() <= kMostAnswers) {
      own = found = std::make_shared<Answer>(Answer{.begun = now});
    } else if (found == nullptr) {
      answers_.erase(key);
    } else {
      const std::shared_ptr<Answer> shared = found;
      mutex_.Await(absl::Condition(&shared->ended));
      if (shared->good) return shared->response;
    }
  }
  UiResponse response = compute();
  if (own == nullptr) return response;
  absl::MutexLock lock(&mutex_);
  own->ended = true;
  size_t together = response.body.size();
  for (const auto& [other, answer] : answers_) {
    together += answer->response.body.size();
  }
  own->good = response.status < 400 && response.stream == nullptr &&
              response.body.size() <= kMostBytes &&
              together <= kMostBytesTogether;
  if (own->good) {
    own->response = response;
  } else if (const auto it = answers_.find(key);
             it != answers_.end() && it->second == own) {
    answers_.erase(it);
  }
  return response;
}

void SharedAnswers::Forget(absl::Time now) {
  absl::erase_if(answers_, [&](const auto& entry) {
    return entry.second->ended &&
           (now >= entry.second->begun + fresh_ || now < entry.second->begun);
  });
}

}  // namespace fathom::client
