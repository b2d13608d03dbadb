"""Brings JAX and optax before the judge. Needs: jax, optax.

optax's loss has no weight for positives, so the weighted ops are not offered.
"""

import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")
if os.environ.get("BENCH_THREADS"):
    os.environ["NPROC"] = os.environ["BENCH_THREADS"]
import jax
import jax.numpy as jnp
import numpy as np
import optax

from protocol import SIGMOID, decode, encode, serve

jax.config.update("jax_enable_x64", True)
ALL = ["f16", "bf16", "f32", "f64"]


def elementwise(function):
    compiled = jax.jit(function)

    def run(dtype, *columns):
        operands = [jnp.asarray(decode(column, dtype)) for column in columns]
        return encode(np.asarray(compiled(*operands)), dtype)

    return ALL, run


def derivative(argument, order=1):
    function = sigmoid
    for _ in range(order):
        function = jax.grad(function, argnums=argument)
    return elementwise(jax.vmap(function))


def sigmoid(labels, logits):
    return optax.sigmoid_binary_cross_entropy(logits, labels)


OPS = {
    SIGMOID: elementwise(sigmoid),
    SIGMOID + "_grad_logits": derivative(1),
    SIGMOID + "_hess_logits": derivative(1, order=2),
    SIGMOID + "_grad_labels": derivative(0),
    "math.exp": elementwise(jnp.exp),
    "math.log": elementwise(jnp.log),
    "math.log1p": elementwise(jnp.log1p),
    "math.sigmoid": elementwise(jax.nn.sigmoid),
    "math.log_sigmoid": elementwise(jax.nn.log_sigmoid),
    "math.softplus": elementwise(jax.nn.softplus),
    "math.add": elementwise(jnp.add),
    "math.subtract": elementwise(jnp.subtract),
    "math.multiply": elementwise(jnp.multiply),
    "math.divide": elementwise(jnp.divide),
    "math.maximum": elementwise(jnp.maximum),
    "math.negative": elementwise(jnp.negative),
    "math.abs": elementwise(jnp.abs),
    "nn.relu": elementwise(jax.nn.relu),
}



def task(function):
    def prepare(labels, logits):
        labels, logits = jnp.asarray(labels), jnp.asarray(logits)
        compiled = jax.jit(function)
        return lambda: compiled(labels, logits).block_until_ready()

    return prepare


TIMED = {"sigmoid loss": task(sigmoid), "sigmoid mean": task(lambda z, x: sigmoid(z, x).mean())}

if __name__ == "__main__":
    serve(f"JAX {jax.__version__}, optax {optax.__version__}", OPS, timed=TIMED)
