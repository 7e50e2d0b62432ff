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
  for (const Net::Stage& stage : net.stages()) {
    Stage& room = stages_.emplace_back();
    room.convolved = pieces.Take(samples * stage.convolved_size());
    room.out = pieces.Take(samples * stage.out_size());
    // Bytes in the place of floats.
    room.chosen = reinterpret_cast<uint8_t*>(
        pieces.Take(samples * stage.out_size() / int64_t{sizeof(float)} + 1));
    room.turned = pieces.Take(stage.convolution.shape().turned_count());
    gradient = std::max({gradient, samples * stage.convolved_size(),
                         samples * stage.convolution.shape().in().size()});
    kernels = std::max(kernels, stage.convolution.gradient_workspace(samples));
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
  kernels_ = pieces.Take(kernels);
}

}  // namespace fathom::worker
