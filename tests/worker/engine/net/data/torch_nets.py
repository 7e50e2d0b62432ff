"""Prints torch_nets.h: what PyTorch finds in double for small nets of torch_test.cc.

    pip install torch numpy
    python3 torch_nets.py > torch_nets.h

Weights at the start, features, dropout and the order of batches are those of
fathom: its streams of random numbers are here once more, from their description in
worker/kernel/random/random.h and worker/engine/net/net.h. Gradients and the rest of
the training are PyTorch's.
"""

import itertools
import math

import numpy
import torch

SAMPLES = 6
STEPS = 200
EVERY = 10
ROWS = 24
RATE = float(numpy.float32(0.02))
MOMENTUM = float(numpy.float32(0.9))
SEED = 5
CLASSES = 3
# Purposes of streams.
FEATURES, BATCH_ORDER, WEIGHTS, DROPOUT = 3, 7, 11, 12

# The nets: convolutions are (channels, kernel, pool, deviation, bias), dense layers
# (widths between factors, outputs, dropout, deviation, bias).
NETS = {
    "relu": {
        "image": (2, 8, 8), "activation": torch.relu, "l2": 0.01, "on": "product",
        "convolutions": [(5, 5, 2, 0.3, 0.05)],
        "dense": [([], 7, 0.4, 0.3, 0.1), ([], CLASSES, 0, 0.5, 0.1)]},
    "tanh": {
        "image": (1, 8, 8), "activation": torch.tanh, "l2": 0.01, "on": "product",
        "convolutions": [(4, 3, 2, 0.3, 0.05), (6, 3, 1, 0.3, 0.1)],
        "dense": [([6], 6, 0.5, 0.3, 0.1), ([3], CLASSES, 0, 0.5, 0.1)]},
    "deep": {
        "image": (1, 8, 8), "activation": torch.tanh, "l2": 0.01, "on": "factors",
        "convolutions": [(3, 5, 2, 0.3, 0.05)],
        "dense": [([9, 9], 8, 0.3, 0.3, 0.1), ([9], CLASSES, 0, 0.5, 0.1)]},
    "deep_product": {
        "image": (1, 8, 8), "activation": torch.relu, "l2": 0.01, "on": "product",
        "convolutions": [(3, 5, 2, 0.3, 0.05)],
        "dense": [([9, 9], 8, 0.3, 0.3, 0.1), ([9, 9], CLASSES, 0, 0.5, 0.1)]},
    "flat": {
        "image": (11, 1, 1), "activation": lambda x: x, "l2": 0.01, "on": "product",
        "convolutions": [],
        "dense": [([7], 7, 0.25, 0.3, 0.1), ([5], 5, 0, 0.3, 0.1),
                  ([3], CLASSES, 0, 0.5, 0.1)]},
    "winograd": {
        "image": (1, 6, 6), "activation": torch.relu, "l2": 0.01, "on": "product",
        "convolutions": [(16, 3, 1, 0.3, 0.05), (16, 5, 2, 0.1, 0.1)],
        "dense": [([], 6, 0.5, 0.3, 0.1), ([], CLASSES, 0, 0.5, 0.1)]},
}
# How batches are ordered where a net is trained.
TRAINED = {"relu": "in_order", "tanh": "shuffled", "deep": "shuffled",
           "winograd": "in_order"}
WORD = 2**64 - 1


def philox(first, second, key):
    for _ in range(10):
        product = 0xD2B74407B1CE6E93 * first
        first, second = (product >> 64) ^ key ^ second, product & WORD
        key = (key + 0x9E3779B97F4A7C15) & WORD
    return first, second


class Stream:
    """Random numbers of a purpose."""

    def __init__(self, seed, purpose, stream=0):
        self.words = itertools.chain.from_iterable(
            philox(counter, purpose << 32 | stream, seed)
            for counter in itertools.count())
        self.normals = self.pairs()

    def bits(self):
        return next(self.words)

    def below(self, count):
        return self.bits() * count >> 64

    def pairs(self):
        while True:
            u, v = (2 * ((self.bits() >> 11) * 2.0**-53) - 1 for _ in range(2))
            square = u * u + v * v
            if 0 < square < 1:
                scale = math.sqrt(-2 * math.log(square) / square)
                yield u * scale
                yield v * scale

    def normal(self):
        return next(self.normals)

    def truncated(self, deviation):
        while True:
            draw = self.normal()
            if abs(draw) <= 2:
                return numpy.float32(deviation * draw)


def parameter(values, shape):
    numbers = numpy.array(values, dtype=numpy.float64).reshape(shape)
    return torch.tensor(numbers, requires_grad=True)


def constant(value, count):
    return parameter([numpy.float32(value)] * count, (count,))


def start(net):
    """Returns the weights and biases of all layers, in the order of layers."""
    channels, height, width = net["image"]
    tensors, layer = [], 0
    for outputs, kernel, pool, deviation, bias in net["convolutions"]:
        stream = Stream(SEED, WEIGHTS, layer * 128)
        shape = (outputs, channels, kernel, kernel)
        draws = [stream.truncated(deviation) for _ in range(math.prod(shape))]
        tensors += [parameter(draws, shape), constant(bias, outputs)]
        channels, height, width = outputs, height // pool, width // pool
        layer += 1
    inputs = channels * height * width
    for index, (inner, outputs, _, deviation, bias) in enumerate(net["dense"]):
        for number, rows in enumerate([*inner, outputs]):
            stream = Stream(SEED, WEIGHTS, layer * 128 + number)
            draws = numpy.array([stream.truncated(deviation)
                                 for _ in range(rows * inputs)])
            if index == 0 and number == 0:
                # Drawn pixel by pixel, and used channel by channel.
                draws = draws.reshape(rows, height, width, channels)
                draws = draws.transpose(0, 3, 1, 2)
            tensors.append(parameter(draws, (rows, inputs)))
            inputs = rows
        tensors.append(constant(bias, outputs))
        layer += 1
    return tensors


def features(rows, net):
    stream = Stream(1, FEATURES)
    count = rows * math.prod(net["image"])
    draws = [numpy.float32(stream.normal()) for _ in range(count)]
    return torch.tensor(numpy.array(draws, dtype=numpy.float64).reshape(
        rows, *net["image"]))


def mask(step, rate, layer, samples, units):
    kept = float(numpy.float32(1 / (1 - rate)))
    blocks = (samples * units + 3) // 4
    words = []
    for block in range(blocks):
        for word in philox(step * blocks + block, DROPOUT << 32 | layer, SEED):
            words += [word & 0xffffffff, word >> 32]
    factors = [0.0 if word < int(rate * 2**32) else kept
               for word in words[:samples * units]]
    return torch.tensor(factors, dtype=torch.float64).reshape(samples, units)


def objective(net, tensors, x, labels, step):
    """Returns the mean loss of a batch and the regularizer."""
    left = list(tensors)
    for _, kernel, pool, _, _ in net["convolutions"]:
        weights, bias = left.pop(0), left.pop(0)
        x = torch.nn.functional.conv2d(x, weights, bias, padding=kernel // 2)
        x = torch.nn.functional.max_pool2d(net["activation"](x), pool)
    x = x.flatten(1)
    squares = 0
    for index, (inner, outputs, dropout, _, _) in enumerate(net["dense"]):
        factors = [left.pop(0) for _ in range(len(inner) + 1)]
        bias = left.pop(0)
        for factor in factors:
            x = x @ factor.T
        x = x + bias
        if index + 1 < len(net["dense"]):
            x = net["activation"](x)
            if dropout > 0:
                layer = len(net["convolutions"]) + index
                x = x * mask(step, dropout, layer, len(x), outputs)
        squares = squares + (bias**2).sum()
        if net["on"] == "factors":
            squares = squares + sum((factor**2).sum() for factor in factors)
        else:
            product = factors[0]
            for factor in factors[1:]:
                product = factor @ product
            squares = squares + (product**2).sum()
    loss = torch.nn.functional.cross_entropy(x, labels)
    return loss, net["l2"] / 2 * squares


def batches(order):
    if order == "in_order":
        yield from itertools.cycle(
            [list(range(first, first + SAMPLES))
             for first in range(0, ROWS, SAMPLES)])
    stream, samples = Stream(0, BATCH_ORDER), list(range(ROWS))
    while True:
        for i in range(ROWS - 1):
            other = i + stream.below(ROWS - i)
            samples[i], samples[other] = samples[other], samples[i]
        for first in range(0, ROWS, SAMPLES):
            yield samples[first:first + SAMPLES]


def listed(numbers):
    return "{" + ", ".join(repr(float(number)) for number in numbers) + "}"


def print_gradients(name, net):
    tensors = start(net)
    x = features(SAMPLES, net)
    labels = torch.arange(SAMPLES) % CLASSES
    loss, regularizer = objective(net, tensors, x, labels, 3)
    (loss + regularizer).backward()
    print(f'    {{"{name}", {loss.item()!r}, {regularizer.item()!r}, {{')
    for tensor in tensors:
        gradient = tensor.grad.flatten()
        step = 1 + len(gradient) // 150
        print(f"      {{{len(gradient)}, {step}, {gradient.norm().item()!r}, "
              f"{listed(gradient[::step])}}},")
    print("    }},")


def print_trajectory(name, net, order):
    tensors = start(net)
    x = features(ROWS, net)
    labels = torch.arange(ROWS) % CLASSES
    optimizer = torch.optim.SGD(tensors, lr=RATE, momentum=MOMENTUM)
    losses, regularizers = [], []
    for step, batch in zip(range(STEPS + 1), batches(order)):
        loss, regularizer = objective(net, tensors, x[batch], labels[batch], step)
        if step % EVERY == 0:
            losses.append(loss.item())
            regularizers.append(regularizer.item())
        optimizer.zero_grad()
        (loss + regularizer).backward()
        optimizer.step()
    print(f'    {{"{name}",\n     {listed(losses)},\n     {listed(regularizers)}}},')


print(f"""\
// Written by torch_nets.py with PyTorch {torch.__version__.split('+')[0]} and NumPy {numpy.__version__}.
// Not to be edited.
#ifndef FATHOM_TESTS_WORKER_ENGINE_NET_DATA_TORCH_NETS_H_
#define FATHOM_TESTS_WORKER_ENGINE_NET_DATA_TORCH_NETS_H_

#include <cstdint>
#include <vector>

// clang-format off
namespace fathom::test {{

// The gradient by the weights or the biases of a layer, of the loss and the
// regularizer together: how many numbers, every how-many-th of them follows, the
// norm of all, and those.
struct TorchGradient {{
  int64_t count;
  int64_t every;
  double norm;
  std::vector<double> values;
}};
struct TorchNet {{
  const char* name;
  double loss;
  double regularizer;
  std::vector<TorchGradient> gradients;
}};
// Losses of batches and regularizers of every {EVERY}th step.
struct TorchTrajectory {{
  const char* name;
  std::vector<double> losses;
  std::vector<double> regularizers;
}};

inline const std::vector<TorchNet> kTorchNets = {{""")
for title, what in NETS.items():
    print_gradients(title, what)
print("""\
};

inline const std::vector<TorchTrajectory> kTorchTrajectories = {""")
for title, way in TRAINED.items():
    print_trajectory(title, NETS[title], way)
print("""\
};

}  // namespace fathom::test
// clang-format on

#endif  // FATHOM_TESTS_WORKER_ENGINE_NET_DATA_TORCH_NETS_H_""")
