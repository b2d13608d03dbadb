"""Brings scikit-learn before the judge: the loss behind its logistic regression. Needs: scikit-learn.

The loss has no weight for positives, so the weighted ops are not offered.
"""

import os

import sklearn
from sklearn._loss import HalfBinomialLoss

from protocol import SIGMOID, decode, encode, serve
from timing import THREADS

LOSS = HalfBinomialLoss()
WIDE = ["f32", "f64"]


def method(call):
    def run(dtype, labels, logits):
        labels, logits = decode(labels, dtype), decode(logits, dtype)
        return encode(call(y_true=labels, raw_prediction=logits), dtype)

    return WIDE, run


OPS = {
    SIGMOID: method(LOSS.loss),
    SIGMOID + "_grad_logits": method(LOSS.gradient),
    SIGMOID + "_hess_logits": method(lambda **inputs: LOSS.gradient_hessian(**inputs)[1]),
}



def task(call):
    threads = THREADS or os.cpu_count()
    return lambda labels, logits: lambda: call(y_true=labels, raw_prediction=logits, n_threads=threads)


TIMED = {"sigmoid loss": task(LOSS.loss), "sigmoid mean": task(LOSS)}

if __name__ == "__main__":
    serve(f"scikit-learn {sklearn.__version__}", OPS, timed=TIMED)
