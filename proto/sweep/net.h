#ifndef FATHOM_PROTO_SWEEP_NET_H_
#define FATHOM_PROTO_SWEEP_NET_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "fathom/v1/sweep.pb.h"

// The layers of a conv_net, with every default and size written out: what its
// model and the data together mean. Pure functions.
namespace fathom {

// Size of an image, or of the features of a net without convolutions, which are
// an image of one pixel.
struct ImageSize {
  int64_t channels = 1;
  int64_t height = 1;
  int64_t width = 1;

  int64_t numbers() const { return channels * height * width; }
  bool operator==(const ImageSize&) const = default;
};

// A stage of convolution, activation and pooling.
struct ConvStage {
  ImageSize in;
  int64_t channels = 0;  // Of the output.
  int64_t kernel = 0;    // Side of the kernel in pixels, odd.
  int64_t pool = 0;      // Side of the pooled squares; 1 is no pooling.
  double std = 0;        // Of the weights at the start.
  double bias = 0;       // At the start.

  // Size of the output.
  ImageSize out() const {
    return {channels, in.height / pool, in.width / pool};
  }
  int64_t weights() const { return channels * in.channels * kernel * kernel; }
};

// A dense layer x -> A_N ... A_1 x + b.
struct DenseLayer {
  // d_0, ..., d_N: inputs, widths between the factors, outputs.
  std::vector<int64_t> widths;
  double dropout = 0;  // Behind the activation.
  double std = 0;      // Of the entries of every factor at the start.
  double bias = 0;     // At the start.

  int64_t inputs() const { return widths.front(); }
  int64_t outputs() const { return widths.back(); }
  int64_t depth() const { return static_cast<int64_t>(widths.size()) - 1; }
  // Entries of all factors, without biases.
  int64_t weights() const;
};

// All layers, from input to output.
struct NetLayers {
  ImageSize image;
  std::vector<ConvStage> stages;  // Maybe none.
  std::vector<DenseLayer> dense;  // At least one: the last gives the outputs.
  v1::Activation activation = v1::ACTIVATION_RELU;

  // Trained numbers, biases included.
  int64_t parameters() const;
  // Numbers that the layers give for one sample: what training remembers of it.
  int64_t activations() const;
};

// Most numbers that the layers of a net may give for the samples of a batch:
// 1 GiB. With what training takes beside them that is less than 4 GiB.
inline constexpr int64_t kMaxActivations = int64_t{1} << 28;

// What does not fit in a net: the field of ModelSpec ("conv2.pool"), what was
// found, what was expected.
struct NetObjection {
  std::string field;
  std::string found;
  std::string expected;
};

// Returns the layers of a valid conv_net for samples of `columns` features and
// `outputs` targets. Fields that are out of their ranges are the caller's to
// refuse. Returns an objection when the features are no such image, a kernel is
// larger than its image, or pooling does not divide one.
struct ResolvedNet {
  NetLayers layers;
  std::vector<NetObjection> objections;  // Empty if the layers fit.
};
ResolvedNet ResolveNet(const v1::ModelSpec& model, int64_t columns,
                       int64_t outputs);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_NET_H_
