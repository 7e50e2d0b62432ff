"""Runs the training that peers.py measures in other frameworks.

    peer_engines.py numpy|torch|jax THREADS

The program reads requests of one line of JSON each, and answers with a line of JSON:

    {"data": FILE, "rows": m, "columns": d}             X row by row, then y
    {"peer": P, "depth": N, "width": h, "p": p, "precision": "double" | "float",
     "trials": K, "starts": FILE, "seconds": s}          -> {"rate": ...}
    the same with "steps": n instead of seconds          -> {"losses": [...]}

A peer trains K nets d -> h -> ... -> h -> 1 without biases by gradient descent
on mean |r|^p / p, p = 2 or 4, each with its own learning rate. It computes the
powers by multiplication, which is faster than pow in all frameworks.
"""

import json
import os
import sys
import time

import numpy as np


def load_starts(path, d, depth, width, trials, dtype):
    """Returns the learning rates (K) and the factors [(K, rows, columns)]."""
    shapes = ([(1, d)] if depth == 1 else
              [(width, d)] + [(width, width)] * (depth - 2) + [(1, width)])
    sizes = [a * b for a, b in shapes]
    raw = np.fromfile(path, count=trials * (1 + sum(sizes))).reshape(trials, -1)
    factors, at = [], 1
    for shape, size in zip(shapes, sizes):
        part = raw[:, at:at + size].reshape(trials, *shape)
        factors.append(np.ascontiguousarray(part, dtype=dtype))
        at += size
    return raw[:, 0].astype(dtype), factors


class Stacked:
    """Computes all end-to-end vectors in one product, and depth by hand.

    A good engineer would write it so for one output: gradients of rank one are
    never stored, results go where they stay, and the loss, which no update needs,
    is not computed. `moments` replaces the data by X^T X and X^T y, which p = 2
    allows. `ops` has the arrays of NumPy or PyTorch.
    """

    def __init__(self, ops, x, y, rates, factors, p, moments=False):
        self.ops, self.p, self.moments = ops, p, moments
        self.rates = ops.array(rates)
        self.factors = [ops.array(f) for f in factors]
        self.x, self.y = ops.array(x), ops.array(y)
        self.m = x.shape[0]
        if moments:
            self.a = ops.array(x.T @ x / self.m)
            self.b = ops.array((x.T @ y) / self.m)
        else:
            self.r = ops.array(np.empty((self.m, len(rates)), x.dtype))
            self.q = ops.array(np.empty((self.m, len(rates)), x.dtype))
        self.narrow = all(f.shape[1] == 1 for f in factors)
        if self.narrow:
            # Columns: W_1 as d x K, the other factors as one row of scalars.
            self.w = ops.array(np.ascontiguousarray(factors[0][:, 0, :].T))
            self.s = [ops.array(f[:, 0, 0]) for f in factors[1:]]
        self.g = ops.array(np.empty((x.shape[1], len(rates)), x.dtype))

    def gradient(self, w):
        """Returns dL/dW, d x K, for the vectors in w."""
        ops = self.ops
        if self.moments:
            ops.matmul(self.a, w, self.g)
            self.g -= self.b
            return self.g
        r = ops.matmul(self.x, w, self.r)
        r -= self.y
        if self.p == 4:
            ops.multiply(r, r, self.q)
            r *= self.q
        g = ops.matmul(self.x.T, r, self.g)
        g *= 1 / self.m
        return g

    def step(self):
        if self.narrow:
            self.narrow_step()
        else:
            self.wide_step()

    def narrow_step(self):
        if not self.s:
            g = self.gradient(self.w)
            g *= self.rates
            self.w -= g
            return
        product = self.s[0]
        for s in self.s[1:]:
            product = product * s
        g = self.gradient(self.w * product)
        along = (self.w * g).sum(0) * self.rates
        g *= self.rates * product
        self.w -= g
        others = [self.product_without(i) for i in range(len(self.s))]
        moves = [along if other is None else along * other for other in others]
        for s, move in zip(self.s, moves):
            s -= move

    def product_without(self, i):
        product = None
        for j, s in enumerate(self.s):
            if j != i:
                product = s if product is None else product * s
        return product

    def wide_step(self):
        ops, factors = self.ops, self.factors
        above = [None] * len(factors)  # W_N ... W_{j+1}, (K, 1, d_j)
        above[-2] = factors[-1]
        for j in range(len(factors) - 3, -1, -1):
            above[j] = ops.product(above[j + 1], factors[j + 1])
        w = ops.product(above[0], factors[0])
        g = self.gradient(ops.transposed_copy(w[:, 0, :]))
        below = ops.transposed_copy(g)[:, None, :]  # G W_1^T ... W_{j-1}^T
        below *= -self.rates[:, None, None]
        for j, factor in enumerate(factors):
            following = None
            if j + 1 < len(factors):
                following = ops.product_transposed(below, factor)
                ops.add_outer(factor, above[j][:, 0, :], below[:, 0, :])
            else:
                factor += below
            below = following

    def losses(self):
        factors = [self.ops.numpy(f) for f in self.factors]
        if self.narrow:
            factors = [self.ops.numpy(self.w).T[:, None, :]]
            factors += [self.ops.numpy(s)[:, None, None] for s in self.s]
        return losses(self.ops.numpy(self.x), self.ops.numpy(self.y), factors,
                      self.p)


def losses(x, y, factors, p):
    w = factors[-1]
    for f in reversed(factors[:-1]):
        w = w @ f
    r = x @ w[:, 0, :].T - y
    return (np.abs(r) ** p).mean(0) / p


class NumpyOps:
    array = staticmethod(np.array)
    numpy = staticmethod(np.asarray)
    product = staticmethod(np.matmul)

    @staticmethod
    def matmul(a, b, out):
        return np.matmul(a, b, out=out)

    @staticmethod
    def multiply(a, b, out):
        return np.multiply(a, b, out=out)

    @staticmethod
    def transposed_copy(a):
        return np.ascontiguousarray(a.T)

    @staticmethod
    def product_transposed(a, b):
        return np.matmul(a, b.transpose(0, 2, 1))

    def add_outer(self, factor, a, b):
        # The trials are updated one at a time, so that the sums stay in the cache.
        for f, column, row in zip(factor, a, b):
            f += column[:, None] * row


def numpy_peer(peer, x, y, rates, factors, p):
    return Stacked(NumpyOps(), x, y, rates, factors, p, peer.endswith("moments"))


def torch_peer(peer, x, y, rates, factors, p):
    import torch

    class TorchOps:
        array = staticmethod(lambda a: torch.from_numpy(np.array(a)))
        numpy = staticmethod(lambda a: a.detach().numpy())
        product = staticmethod(torch.bmm)

        @staticmethod
        def matmul(a, b, out):
            return torch.mm(a, b, out=out)

        @staticmethod
        def multiply(a, b, out):
            return torch.mul(a, b, out=out)

        @staticmethod
        def transposed_copy(a):
            return a.t().contiguous()

        @staticmethod
        def product_transposed(a, b):
            return torch.bmm(a, b.transpose(1, 2))

        @staticmethod
        def add_outer(factor, a, b):
            factor.baddbmm_(a[:, :, None], b[:, None, :])

    def power(r):
        r = r * r
        return r if p == 2 else r * r

    class Layers:
        """Trains a chain of nn.Linear for each trial, one trial after the other."""

        def __init__(self):
            self.x, self.y = torch.from_numpy(x), torch.from_numpy(y)
            self.nets, self.optimizers = [], []
            for k, rate in enumerate(rates):
                layers = []
                for f in factors:
                    rows, columns = f[k].shape
                    layer = torch.nn.Linear(columns, rows, bias=False)
                    layer.weight = torch.nn.Parameter(torch.from_numpy(f[k].copy()))
                    layers.append(layer)
                net = torch.nn.Sequential(*layers)
                self.nets.append(net)
                self.optimizers.append(
                    torch.optim.SGD(net.parameters(), lr=float(rate)))

        def step(self):
            for net, optimizer in zip(self.nets, self.optimizers):
                optimizer.zero_grad()
                loss = power(net(self.x) - self.y).mean() / p
                loss.backward()
                optimizer.step()

        def losses(self):
            with torch.no_grad():
                return [(power(net(self.x) - self.y).mean() / p).item()
                        for net in self.nets]

    class Vmap:
        """Uses vmap of grad. The layers are multiplied first, which is faster."""

        def __init__(self):
            from torch.func import grad, vmap
            self.x, self.y = torch.from_numpy(x), torch.from_numpy(y)
            self.factors = [torch.from_numpy(f.copy()) for f in factors]
            self.rates = torch.from_numpy(rates)[:, None, None]

            def loss(parameters, data, targets):
                w = parameters[-1]
                for f in reversed(parameters[:-1]):
                    w = w @ f
                return power(data @ w.t() - targets).mean() / p

            self.gradients = vmap(grad(loss), in_dims=(0, None, None))

        def step(self):
            gradients = self.gradients(self.factors, self.x, self.y)
            for f, g in zip(self.factors, gradients):
                f.sub_(g.mul_(self.rates))

        def losses(self):
            return losses(x, y, [f.numpy() for f in self.factors], p)

    if peer == "torch layers":
        return Layers()
    if peer == "torch vmap":
        return Vmap()
    return Stacked(TorchOps(), x, y, rates, factors, p, peer.endswith("moments"))


class JaxPeer:
    """Uses vmap of grad with all steps in one jitted loop. The layers are multiplied first."""

    def __init__(self, x, y, rates, factors, p):
        import jax
        import jax.numpy as jnp
        self.x, self.y, self.p, self.jax = x, y, p, jax
        data, targets = jnp.asarray(x), jnp.asarray(y)

        def loss(parameters, data, targets):
            w = parameters[-1]
            for f in reversed(parameters[:-1]):
                w = w @ f
            r = data @ w.T - targets
            r = r * r
            return (r if p == 2 else r * r).mean() / p

        gradients = jax.vmap(jax.grad(loss), in_axes=(0, None, None))

        def run(steps, parameters, rates, data, targets):
            def step(_, parameters):
                return jax.tree.map(lambda f, g: f - rates[:, None, None] * g,
                                    parameters,
                                    gradients(parameters, data, targets))
            return jax.lax.fori_loop(0, steps, step, parameters)

        compiled = jax.jit(run, donate_argnums=1)
        self.run = lambda n, parameters: compiled(n, parameters, self.rates, data,
                                                  targets)
        self.rates = jnp.asarray(rates)
        self.parameters = [jnp.asarray(f) for f in factors]

    def steps(self, n):
        self.parameters = self.run(n, self.parameters)
        self.jax.block_until_ready(self.parameters)

    def losses(self):
        return losses(self.x, self.y, [np.asarray(f) for f in self.parameters],
                      self.p)


def take_steps(peer, n):
    if isinstance(peer, JaxPeer):
        peer.steps(n)
    else:
        for _ in range(n):
            peer.step()


def seconds_of(peer, n):
    start = time.perf_counter()
    take_steps(peer, n)
    return time.perf_counter() - start


def measure(peer, trials, seconds):
    """Returns steps times trials per second, measured over about `seconds`."""
    n = 1
    took = seconds_of(peer, n)
    while took < seconds / 10:
        n = max(2 * n, int(n * seconds / 10 / max(took, 1e-6)))
        took = seconds_of(peer, n)
    n = max(1, round(n * seconds / took))
    return trials * n / seconds_of(peer, n)


class Server:
    def __init__(self, framework, threads):
        self.made, self.peer = None, None
        if framework == "torch":
            import torch
            torch.set_num_threads(threads)
            self.make = torch_peer
            self.version = "PyTorch " + torch.__version__
        elif framework == "jax":
            import jax
            jax.config.update("jax_enable_x64", True)
            self.make = lambda peer, *rest: JaxPeer(*rest)
            self.version = "JAX " + jax.__version__
        else:
            self.make = numpy_peer
            blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
            self.version = (f"NumPy {np.__version__} ({blas.get('name')} "
                            f"{blas.get('version')})")

    def answer(self, request):
        if "data" in request:
            m, d = request["rows"], request["columns"]
            raw = np.fromfile(request["data"])
            self.x, self.y = raw[:m * d].reshape(m, d), raw[m * d:].reshape(m, 1)
            return {"version": self.version}
        key = {k: v for k, v in request.items() if k not in ("seconds", "steps")}
        if "steps" in request or key != self.made:
            self.peer = None  # Frees its memory before the next peer is made.
            self.made = key
            dtype = np.float32 if key["precision"] == "float" else np.float64
            x, y = self.x.astype(dtype), self.y.astype(dtype)
            rates, factors = load_starts(key["starts"], x.shape[1], key["depth"],
                                         key["width"], key["trials"], dtype)
            self.peer = self.make(key["peer"], x, y, rates, factors, key["p"])
            if "seconds" in request:
                take_steps(self.peer, 1)
        if "steps" in request:
            take_steps(self.peer, request["steps"])
            self.made = None
            return {"losses": [float(loss) for loss in self.peer.losses()]}
        return {"rate": measure(self.peer, key["trials"], request["seconds"])}


def main():
    server = Server(sys.argv[1], int(sys.argv[2]))
    # Output of a framework must not come between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        try:
            answer = server.answer(json.loads(line))
        except Exception as error:  # The peer cannot do this, which is an answer, too.
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
