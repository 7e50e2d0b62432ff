#include "worker/engine/net/net_workspace.h"

#include <algorithm>

#include "worker/engine/net/net.h"
#include "worker/kernel/conv/dense.h"

namespace fathom::worker {

float* NetWorkspace::Pieces::Take(int64_t count) {
  float* const piece = memory_ == nullptr ? nullptr : memory_ + taken_;
  taken_ += kernel::RoundUp(count, kLineFloats);
  return piece;
}

NetWorkspace::NetWorkspace(const Net& net, int64_t samples)
    : memory_(kernel::AllocateAlignedArray<float>(Bytes(net, samples) /
                                                  int64_t{sizeof(float)})) {
  Pieces pieces(memory_.get());
  Lay(net, samples, pieces);
}

int64_t NetWorkspace::Bytes(const Net& net, int64_t samples) {
  NetWorkspace none;
  Pieces count(nullptr);
  none.Lay(net, samples, count);
  return count.taken() * int64_t{sizeof(float)};
}

void NetWorkspace::Lay(const Net& net, int64_t samples, Pieces& pieces) {
  int64_t gradient = 0;  // Of the layer with the most numbers.
  int64_t kernels = 0;
  const int64_t part = std::min(samples, Net::kTogether);
  int64_t convolved = 0;
  for (const Net::Stage& one : net.stages()) {
    const NetStage& stage = one.map;
    NetStage::Room& room = stages_.emplace_back();
    room.out = pieces.Take(samples * stage.out_size());
    // Bytes in the place of floats.
    room.chosen = reinterpret_cast<uint8_t*>(
        pieces.Take(samples * stage.out_size() / int64_t{sizeof(float)} + 1));
    room.turned = pieces.Take(stage.turned_count());
    room.transformed = pieces.Take(stage.transformed_count());
    room.sum = pieces.Take(stage.sum_count(samples));
    convolved = std::max(convolved, part * stage.convolved_size());
    kernels = std::max(kernels, stage.scratch_count());
    // By the outputs of the last stage comes from the dense layers.
    gradient = std::max({gradient, part * stage.shape().in().size(),
                         samples * net.stages().back().map.out_size()});
  }
  for (const Net::Dense& layer : net.dense()) {
    Dense& room = dense_.emplace_back();
    for (const Net::Factor& factor : layer.factors) {
      const int64_t numbers =
          samples * kernel::RoundUp(factor.outputs, kLineFloats);
      room.products.push_back(pieces.Take(numbers));
      gradient =
          std::max({gradient, numbers,
                    samples * kernel::RoundUp(factor.inputs, kLineFloats)});
      kernels = std::max(kernels, kernel::DenseWorkspace(samples, factor.inputs,
                                                         factor.outputs));
    }
    if (layer.dropout == 0) continue;
    const int64_t numbers =
        samples * kernel::RoundUp(layer.outputs(), kLineFloats);
    room.dropped = pieces.Take(numbers);
    room.factors = pieces.Take(numbers);
  }
  for (float*& room : gradients_) room = pieces.Take(gradient);
  convolved_ = pieces.Take(convolved);
  kernels_ = pieces.Take(kernels);
}

}  // namespace fathom::worker
