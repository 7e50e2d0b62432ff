#include "worker/engine/linear/bundle_passes.h"

#include "worker/engine/linear/make_pass.h"

namespace fathom::worker {
namespace {

void Append(const std::vector<kernel::Column>& more,
            std::vector<kernel::Column>* columns) {
  columns->insert(columns->end(), more.begin(), more.end());
}

}  // namespace

template <class T>
class BundlePasses::BatchPassOf final : public BatchPass {
 public:
  BatchPassOf(int64_t batch_size, const Problem& problem)
      : problem_(problem),
        data_(kernel::PackedDataOf<T>::Allocate(batch_size, problem.columns,
                                                problem.outputs)),
        pass_(&data_) {}

  void Run(std::span<const int32_t> samples,
           std::span<const kernel::Column> columns) override {
    data_.Gather(samples, problem_.x, problem_.y);
    pass_.Run(columns);
  }

 private:
  const Problem& problem_;
  kernel::PackedDataOf<T> data_;
  kernel::DataPassOf<T> pass_;
};

std::unique_ptr<BundlePasses::BatchPass> BundlePasses::MakeBatchPass(
    const Lane::Batch& batch) const {
  if (batch.precision == kernel::Precision::kFloat) {
    return std::make_unique<BatchPassOf<float>>(batch.size, problem_);
  }
  return std::make_unique<BatchPassOf<double>>(batch.size, problem_);
}

BundlePasses::BundlePasses(const Problem& problem)
    : problem_(problem), pass_(MakePass(problem)) {}

void BundlePasses::SetLanes(const std::vector<Lane*>& lanes) {
  columns_.clear();
  for (auto& [settings, batch] : batches_) {
    batch.lanes.clear();
    batch.columns.clear();
  }
  for (Lane* lane : lanes) {
    if (!lane->batch().has_value()) {
      Append(lane->columns(), &columns_);
      continue;
    }
    const Lane::Batch& settings = *lane->batch();
    auto found = batches_.find(settings);
    if (found == batches_.end()) {
      BatchLanes batch = {BatchOrder(problem_.rows, settings.size,
                                     settings.order, settings.seed),
                          {},
                          {}};
      found = batches_.emplace(settings, std::move(batch)).first;
      std::unique_ptr<BatchPass>& pass =
          batch_passes_[{settings.size, settings.precision}];
      if (pass == nullptr) pass = MakeBatchPass(settings);
    }
    found->second.lanes.push_back(lane);
    Append(lane->columns(), &found->second.columns);
  }
  every_step_ = columns_.size();
  std::erase_if(batches_, [](const auto& b) { return b.second.lanes.empty(); });
}

bool BundlePasses::Prepare(int64_t step,
                           const std::function<bool()>& keep_going) {
  std::vector<kernel::Column> all = columns_;
  for (auto& [settings, batch] : batches_) {
    if (!batch.order.Skip(step, keep_going)) return false;
    for (const Lane* lane : batch.lanes) Append(lane->full_columns(), &all);
  }
  return PrepareData(problem_, all, keep_going);
}

void BundlePasses::Run() {
  columns_.resize(every_step_);
  for (auto& [settings, batch] : batches_) {
    batch_passes_.at({settings.size, settings.precision})
        ->Run(batch.order.Next(), batch.columns);
    for (const Lane* lane : batch.lanes) {
      if (lane->NeedsAllData()) Append(lane->full_columns(), &columns_);
    }
  }
  pass_->Run(columns_);
}

}  // namespace fathom::worker
