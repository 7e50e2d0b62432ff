#include "worker/engine/bundle_passes.h"

#include "worker/engine/make_pass.h"

namespace fathom {
namespace {

void Append(const std::vector<kernel::Column>& more,
            std::vector<kernel::Column>* columns) {
  columns->insert(columns->end(), more.begin(), more.end());
}

}  // namespace

BundlePasses::BatchPass::BatchPass(int64_t batch_size, const Problem& problem)
    : data(kernel::PackedData::Allocate(batch_size, problem.columns,
                                        problem.outputs)),
      pass(&data) {}

void BundlePasses::BatchPass::Run(std::span<const int32_t> samples,
                                  const Problem& problem,
                                  std::span<const kernel::Column> columns) {
  data.Gather(samples, problem.x, problem.y);
  pass.Run(columns);
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
    const auto [size, seed] = *lane->batch();
    auto found = batches_.find({size, seed});
    if (found == batches_.end()) {
      BatchLanes batch = {BatchOrder(problem_.rows, size, seed), {}, {}};
      found = batches_.emplace(std::pair(size, seed), std::move(batch)).first;
      batch_passes_.try_emplace(size, size, problem_);
    }
    found->second.lanes.push_back(lane);
    Append(lane->columns(), &found->second.columns);
  }
  every_step_ = columns_.size();
  std::erase_if(batches_, [](const auto& b) { return b.second.lanes.empty(); });
}

void BundlePasses::Run() {
  columns_.resize(every_step_);
  for (auto& [settings, batch] : batches_) {
    batch_passes_.at(settings.first)
        .Run(batch.order.Next(), problem_, batch.columns);
    for (const Lane* lane : batch.lanes) {
      if (lane->NeedsAllData()) Append(lane->full_columns(), &columns_);
    }
  }
  pass_->Run(columns_);
}

}  // namespace fathom
