#ifndef FATHOM_WORKER_ENGINE_NET_NET_WORKSPACE_H_
#define FATHOM_WORKER_ENGINE_NET_NET_WORKSPACE_H_

#include <cstdint>
#include <vector>

#include "worker/engine/net/net_stage.h"
#include "worker/kernel/aligned.h"

namespace fathom::worker {

class Net;

// Floats in a cache line, which all arrays begin with.
inline constexpr int64_t kLineFloats = 64 / sizeof(float);

// What a net remembers of a batch between its forward and its backward pass,
// and room for what both compute on the way. Every row of a matrix of samples
// is padded to a multiple of 16 numbers.
//
// Not thread-safe.
class NetWorkspace {
 public:
  // For batches of at most `samples` samples.
  NetWorkspace(const Net& net, int64_t samples);

  // Returns how many bytes one takes.
  static int64_t Bytes(const Net& net, int64_t samples);

 private:
  friend class Net;

  // Gives out pieces of one array, or only counts what they take.
  class Pieces {
   public:
    explicit Pieces(float* memory) : memory_(memory) {}
    float* Take(int64_t count);
    int64_t taken() const { return taken_; }

   private:
    float* const memory_;  // Null to count.
    int64_t taken_ = 0;
  };
  NetWorkspace() = default;
  void Lay(const Net& net, int64_t samples, Pieces& pieces);

  struct Dense {
    std::vector<float*> products;  // A_j ... A_1 x; the last one is activated.
    float* dropped = nullptr;  // The last one after dropout, if there is one.
    float* factors = nullptr;  // 0 or 1 / (1 - dropout) for each of them.
  };
  std::vector<NetStage::Room> stages_;
  std::vector<Dense> dense_;
  // The gradients by what a layer takes and gives, in turns.
  float* gradients_[2] = {};
  float* convolved_ = nullptr;  // Of a part, by any stage.
  float* kernels_ = nullptr;    // Room for the kernels.
  kernel::AlignedArray<float> memory_;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_NET_NET_WORKSPACE_H_
