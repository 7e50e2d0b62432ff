"""Runs the training of nets that net_peers.py measures in other frameworks.

    net_peer_engines.py torch|jax

The program reads requests of one line of JSON each, and answers with a line of JSON:

    {"version": ...}                                      at first, by itself
    {"way": W, "net": N, "steps": n}   -> {"seconds": ..., "loss": ...}

of a step, in processor time, and the mean cross-entropy of the last batch. The
net is that of TensorFlow's tutorial for MNIST, batch 64 of 28 x 28 pixels, dropout,
momentum, l_2 regularizer: "plain", or with its dense matrices as products of two,
the regularizer on "factors" or on the "product". Where the regularizer's gradient is
a multiple of the weights it is the optimizer's weight decay, which is the cheapest
way. Everything is on one thread.
"""

import json
import os
import sys
import time

import numpy as np

BATCH, L2, RATE, MOMENTUM = 64, 5e-4, 0.01, 0.9
WARM_UP = 3


def data():
    random = np.random.default_rng(1)
    x = random.uniform(-0.5, 0.5, (BATCH, 28, 28)).astype(np.float32)
    return x, np.arange(BATCH) % 10


def timed(step, steps):
    """Runs the step so often and returns seconds per step and the last loss."""
    for _ in range(WARM_UP):
        loss = step()
    float(loss)
    start = time.process_time()
    for _ in range(steps):
        loss = step()
    loss = float(loss)
    return {"seconds": (time.process_time() - start) / steps, "loss": loss}


def torch_steps():
    import torch
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    functional = torch.nn.functional

    class Net(torch.nn.Module):
        def __init__(self, deep):
            super().__init__()
            self.conv1 = torch.nn.Conv2d(1, 32, 5, padding=2)
            self.conv2 = torch.nn.Conv2d(32, 64, 5, padding=2)
            self.dense1 = (torch.nn.Sequential(
                torch.nn.Linear(3136, 512, bias=False), torch.nn.Linear(512, 512))
                if deep else torch.nn.Linear(3136, 512))
            self.dense2 = (torch.nn.Sequential(
                torch.nn.Linear(512, 10, bias=False), torch.nn.Linear(10, 10))
                if deep else torch.nn.Linear(512, 10))
            for parameter in self.parameters():
                torch.nn.init.trunc_normal_(parameter, std=0.1, a=-0.2, b=0.2)

        def forward(self, x):
            x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
            x = functional.max_pool2d(functional.relu(self.conv2(x)), 2)
            x = functional.relu(self.dense1(x.flatten(1)))
            return self.dense2(functional.dropout(x, 0.5, self.training))

    def make(way, net):
        torch.manual_seed(1)
        model = Net(net != "plain")
        images, labels = data()
        x = torch.from_numpy(images)[:, None]
        y = torch.from_numpy(labels)
        if "channels_last" in way:
            model = model.to(memory_format=torch.channels_last)
            x = x.to(memory_format=torch.channels_last)
        dense = [*model.dense1.parameters(), *model.dense2.parameters()]
        others = [*model.conv1.parameters(), *model.conv2.parameters()]
        groups = [{"params": others},
                  {"params": dense, "weight_decay": 0 if net == "product" else L2}]
        optimizer = torch.optim.SGD(groups, lr=RATE, momentum=MOMENTUM)

        def loss_of(x, y):
            loss = functional.cross_entropy(model(x), y)
            if net == "product":
                squares = sum(
                    (layer[1].weight @ layer[0].weight).square().sum()
                    + layer[1].bias.square().sum()
                    for layer in (model.dense1, model.dense2))
                return loss + L2 / 2 * squares, loss
            return loss, loss
        if "compiled" in way:
            loss_of = torch.compile(loss_of)

        def step():
            optimizer.zero_grad()
            objective, loss = loss_of(x, y)
            objective.backward()
            optimizer.step()
            return loss.detach()
        return step
    return f"PyTorch {torch.__version__}", make


def jax_steps():
    os.environ["XLA_FLAGS"] = ("--xla_cpu_multi_thread_eigen=false "
                               "intra_op_parallelism_threads=1")
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax
    numpy, lax = jax.numpy, jax.lax

    def make(way, net):
        shapes = [(5, 5, 1, 32), (32,), (5, 5, 32, 64), (64,)]
        for inputs, outputs in ((3136, 512), (512, 10)):
            inner = min(inputs, outputs)
            shapes += ([(inputs, outputs)] if net == "plain"
                       else [(inputs, inner), (inner, outputs)])
            shapes.append((outputs,))
        keys = jax.random.split(jax.random.PRNGKey(1), len(shapes))
        weights = [0.1 * jax.random.truncated_normal(key, -2, 2, shape)
                   for key, shape in zip(keys, shapes)]
        images, labels = data()
        x, y = numpy.asarray(images)[..., None], numpy.asarray(labels)

        def convolved(x, w, b):
            x = lax.conv_general_dilated(
                x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
            return lax.reduce_window(jax.nn.relu(x + b), -numpy.inf, lax.max,
                                     (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

        def objective(weights, key):
            w = list(weights)
            h = convolved(x, w.pop(0), w.pop(0))
            h = convolved(h, w.pop(0), w.pop(0)).reshape(BATCH, -1)
            squares = 0
            for layer in range(2):
                factors = [w.pop(0) for _ in range(1 if net == "plain" else 2)]
                bias = w.pop(0)
                for factor in factors:
                    h = h @ factor
                h = h + bias
                if net == "product":
                    squares += ((factors[0] @ factors[1])**2).sum()
                else:
                    squares += sum((factor**2).sum() for factor in factors)
                squares += (bias**2).sum()
                if layer == 0:
                    h = jax.nn.relu(h)
                    h = h * jax.random.bernoulli(key, 0.5, h.shape) * 2.0
            chosen = jax.nn.log_softmax(h)[numpy.arange(BATCH), y]
            loss = -chosen.mean()
            return loss + L2 / 2 * squares, loss

        @jax.jit
        def update(weights, velocity, key):
            key, now = jax.random.split(key)
            gradient, loss = jax.grad(objective, has_aux=True)(weights, now)
            velocity = [MOMENTUM * v + g for v, g in zip(velocity, gradient)]
            weights = [w - RATE * v for w, v in zip(weights, velocity)]
            return weights, velocity, key, loss

        state = [weights, [0 * w for w in weights], jax.random.PRNGKey(2)]

        def step():
            state[0], state[1], state[2], loss = update(*state)
            return loss.block_until_ready()
        return step
    return f"JAX {jax.__version__}", make


def main():
    version, make = {"torch": torch_steps, "jax": jax_steps}[sys.argv[1]]()
    print(json.dumps({"version": version}), flush=True)
    made = {}
    for line in sys.stdin:
        request = json.loads(line)
        kind = request["way"], request["net"]
        try:
            if kind not in made:
                made[kind] = make(*kind)
            answer = timed(made[kind], request["steps"])
        except Exception as error:  # Whatever a peer cannot do, it says.
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(answer), flush=True)


main()
