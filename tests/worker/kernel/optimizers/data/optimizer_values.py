"""Prints optimizer_values.h: what PyTorch's optimizers do on a quadratic.

    pip install torch numpy
    python3 optimizer_values.py > optimizer_values.h
"""

import torch

STEPS = (1, 2, 3, 10, 50, 300)
START = (1.0, -2.0, 0.5)
TARGET = (3.0, 1.0, -0.25)
CURVATURE = (100.0, 1.0, 0.01)

# Name, learning rate, weight decay, and what is not PyTorch's default.
RULES = (
    ("gd", torch.optim.SGD, 1e-2, 0.1, {}),
    ("momentum", torch.optim.SGD, 1e-3, 0.1, {"momentum": 0.9}),
    ("nesterov", torch.optim.SGD, 1e-3, 0.1,
     {"momentum": 0.9, "nesterov": True}),
    ("adagrad", torch.optim.Adagrad, 0.05, 0.1,
     {"eps": 1e-10, "initial_accumulator_value": 0.1}),
    ("adadelta", torch.optim.Adadelta, 1.0, 0.1, {"rho": 0.95, "eps": 1e-6}),
    ("rmsprop", torch.optim.RMSprop, 1e-3, 0.1, {"alpha": 0.9, "eps": 1e-8}),
    ("adam", torch.optim.Adam, 1e-3, 0.1,
     {"betas": (0.9, 0.999), "eps": 1e-8}),
)


def run(rule, rate, decay, options):
    weights = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    target = torch.tensor(TARGET, dtype=torch.float64)
    curvature = torch.tensor(CURVATURE, dtype=torch.float64)
    optimizer = rule([weights], lr=rate, weight_decay=decay, foreach=False,
                     **options)
    for step in range(1, max(STEPS) + 1):
        optimizer.zero_grad()
        (0.5 * curvature * (weights - target) ** 2).sum().backward()
        optimizer.step()
        if step in STEPS:
            yield step, weights.tolist()


def listed(numbers):
    return "{" + ", ".join(repr(number) for number in numbers) + "}"


print(f"""\
// Written by optimizer_values.py with PyTorch {torch.__version__.split('+')[0]}; not to be edited.
#ifndef FATHOM_TESTS_WORKER_KERNEL_DATA_OPTIMIZER_VALUES_H_
#define FATHOM_TESTS_WORKER_KERNEL_DATA_OPTIMIZER_VALUES_H_

// clang-format off
namespace fathom::test {{

// Weights after a number of steps on 1/2 sum_i c_i (w_i - y_i)^2.
struct OptimizerValue {{
  const char* rule;
  int step;
  double weights[3];
}};

inline constexpr double kValueStart[] = {listed(START)};
inline constexpr double kValueTarget[] = {listed(TARGET)};
inline constexpr double kValueCurvature[] = {listed(CURVATURE)};

inline constexpr OptimizerValue kOptimizerValues[] = {{""")
for name, *setting in RULES:
    for step, weights in run(*setting):
        print(f'    {{"{name}", {step}, {listed(weights)}}},')
print("""\
};

}  // namespace fathom::test
// clang-format on

#endif  // FATHOM_TESTS_WORKER_KERNEL_DATA_OPTIMIZER_VALUES_H_""")
