#include "worker/session/datasets/dataset_fetcher.h"

#include "absl/strings/str_cat.h"
#include "proto/shared/log.h"
#include "proto/shared/status.h"

namespace fathom::worker {

DatasetFetcher::DatasetFetcher(DatasetOptions options,
                               std::unique_ptr<DatasetSource> coordinator)
    : sources_(std::move(options.mirrors)) {
  sources_.push_back(std::move(coordinator));
  if (!options.cache_dir.empty()) {
    folder_.emplace(std::move(options.cache_dir), options.cache_bytes);
  }
}

absl::StatusOr<Dataset> DatasetFetcher::Get(const std::string& digest,
                                            const KeepGoing& keep_going) {
  if (folder_.has_value()) {
    bool usable = true;
    auto dataset = GetByFolder(digest, keep_going, usable);
    if (usable) return dataset;
    Log(LogLevel::kWarning,
        absl::StrCat("dataset ", digest,
                     " is kept in memory alone: ", dataset.status().message()));
  }
  return GetByMemory(digest, keep_going);
}

absl::StatusOr<Dataset> DatasetFetcher::GetByFolder(const std::string& digest,
                                                    const KeepGoing& keep_going,
                                                    bool& usable) {
  auto kept = folder_->Load(digest, keep_going);
  if (kept.ok() || absl::IsCancelled(kept.status())) return kept;
  auto part = folder_->Claim(digest, keep_going);
  if (!part.ok()) {
    usable = absl::IsCancelled(part.status());
    return part.status();
  }
  // Another worker may have been faster.
  kept = folder_->Load(digest, keep_going);
  if (kept.ok() || absl::IsCancelled(kept.status())) return kept;
  auto fetched = AskAll(digest, **part, keep_going);
  if (!(*part)->storage().ok()) {
    usable = false;
    return (*part)->storage();
  }
  if (!fetched.ok()) return fetched;
  if (const absl::Status status = (*part)->Publish(); !status.ok()) {
    Log(LogLevel::kWarning,
        absl::StrCat("dataset ", digest, " is not kept: ", status.message()));
  }
  return fetched;
}

absl::StatusOr<Dataset> DatasetFetcher::GetByMemory(
    const std::string& digest, const KeepGoing& keep_going) {
  auto part = std::make_unique<MemoryPart>();
  {
    absl::MutexLock lock(&mutex_);
    if (partial_.first == digest && partial_.second != nullptr) {
      part = std::move(partial_.second);
    }
  }
  auto dataset = AskAll(digest, *part, keep_going);
  if (!dataset.ok() && !absl::IsFailedPrecondition(dataset.status())) {
    absl::MutexLock lock(&mutex_);
    partial_ = {digest, std::move(part)};
  }
  return dataset;
}

absl::StatusOr<Dataset> DatasetFetcher::AskAll(const std::string& digest,
                                               DatasetPart& part,
                                               const KeepGoing& keep_going) {
  absl::StatusOr<Dataset> dataset = absl::InternalError("no source");
  for (const auto& source : sources_) {
    dataset = Ask(*source, digest, part, keep_going);
    if (dataset.ok()) {
      Log(LogLevel::kInfo,
          absl::StrCat("dataset ", digest, ": the last of ", part.size(),
                       " bytes came from ", source->name()));
      return dataset;
    }
    if (!part.storage().ok() || absl::IsCancelled(dataset.status()) ||
        !keep_going()) {
      return dataset;
    }
    if (source == sources_.back()) break;
    // Who has only some datasets is as good a mirror as others.
    Log(absl::IsNotFound(dataset.status()) ? LogLevel::kInfo
                                           : LogLevel::kWarning,
        absl::StrCat("dataset ", digest, " from ", source->name(), ": ",
                     dataset.status().message(), "; trying the next source"));
  }
  if (!absl::IsDataLoss(dataset.status())) return dataset;
  return absl::FailedPreconditionError(absl::StrCat(
      "dataset ", digest, " arrived with ", dataset.status().message()));
}

absl::StatusOr<Dataset> DatasetFetcher::Ask(DatasetSource& source,
                                            const std::string& digest,
                                            DatasetPart& part,
                                            const KeepGoing& keep_going) {
  while (true) {
    const bool alone = part.size() == 0;
    absl::Status status = source.Fetch(digest, part, keep_going);
    if (status.ok()) {
      auto dataset = part.Decode(digest, keep_going);
      if (dataset.ok()) return dataset;
      status = dataset.status();
    }
    if (!absl::IsDataLoss(status)) return status;
    RETURN_IF_ERROR(part.Restart());
    if (alone) return status;
  }
}

}  // namespace fathom::worker
