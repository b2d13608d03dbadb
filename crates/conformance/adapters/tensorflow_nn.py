"""Brings TensorFlow before the judge. Needs: tensorflow (or tensorflow-cpu)."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf

from protocol import SIGMOID, WEIGHTED, decode, encode, serve
from timing import THREADS, WEIGHT

ALL = ["f16", "bf16", "f32", "f64"]


def elementwise(function):
    def run(dtype, *columns):
        operands = [tf.constant(decode(column, dtype)) for column in columns]
        return encode(function(*operands).numpy(), dtype)

    return ALL, run


def derivative(function, argument, order=1):
    for _ in range(order):
        function = gradient(function, argument)
    return elementwise(function)


def gradient(function, argument):
    """Elements do not depend on each other: the gradient of the sum holds each one's derivative."""

    def derived(*operands):
        with tf.GradientTape() as tape:
            tape.watch(operands[argument])
            result = function(*operands)
        return tape.gradient(result, operands[argument])

    return derived


def weighted(labels, logits, pos_weight):
    return tf.nn.weighted_cross_entropy_with_logits(labels, logits, pos_weight)


def sigmoid(labels, logits):
    return tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)


OPS = {
    WEIGHTED: elementwise(weighted),
    WEIGHTED + "_grad_logits": derivative(weighted, 1),
    WEIGHTED + "_hess_logits": derivative(weighted, 1, order=2),
    WEIGHTED + "_grad_labels": derivative(weighted, 0),
    WEIGHTED + "_grad_pos_weight": derivative(weighted, 2),
    SIGMOID: elementwise(sigmoid),
    SIGMOID + "_grad_logits": derivative(sigmoid, 1),
    SIGMOID + "_hess_logits": derivative(sigmoid, 1, order=2),
    SIGMOID + "_grad_labels": derivative(sigmoid, 0),
    "math.exp": elementwise(tf.math.exp),
    "math.log": elementwise(tf.math.log),
    "math.log1p": elementwise(tf.math.log1p),
    "math.sigmoid": elementwise(tf.math.sigmoid),
    "math.log_sigmoid": elementwise(tf.math.log_sigmoid),
    "math.softplus": elementwise(tf.math.softplus),
    "math.add": elementwise(tf.math.add),
    "math.subtract": elementwise(tf.math.subtract),
    "math.multiply": elementwise(tf.math.multiply),
    "math.divide": elementwise(tf.math.divide),
    "math.maximum": elementwise(tf.math.maximum),
    "math.negative": elementwise(tf.math.negative),
    "math.abs": elementwise(tf.math.abs),
    "nn.relu": elementwise(tf.nn.relu),
}



def task(function, compiled):
    def prepare(labels, logits):
        labels, logits = tf.constant(labels), tf.constant(logits)
        call = tf.function(function, jit_compile=True) if compiled else function
        return lambda: call(labels, logits)

    return prepare


def timed():
    tasks = {
        "weighted loss": lambda z, x: weighted(z, x, WEIGHT),
        "weighted mean": lambda z, x: tf.reduce_mean(weighted(z, x, WEIGHT)),
        "sigmoid loss": sigmoid,
        "sigmoid mean": lambda z, x: tf.reduce_mean(sigmoid(z, x)),
    }
    eager = {name: task(function, False) for name, function in tasks.items()}
    return eager | {f"{name}, XLA": task(function, True) for name, function in tasks.items()}


if __name__ == "__main__":
    if THREADS:
        tf.config.threading.set_intra_op_parallelism_threads(THREADS)
        tf.config.threading.set_inter_op_parallelism_threads(THREADS)
    serve(f"TensorFlow {tf.__version__}", OPS, timed=timed())
