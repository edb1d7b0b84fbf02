"""Print the coefficients of float32's error function in minikeras/ops/erf.py.

There ``erf(x) = tanh(x * p(x**2))``, and ``p`` is the polynomial of degree 6 whose largest relative
error of erf on [0, 4] is smallest (Lawson, "Contributions to the Theory of Linear Least Maximum
Approximation", 1961: weighted least squares, with weights that grow where the error is large).
Beyond 4 erf is 1 in float32.
"""

import math

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial, chebyshev

DEGREE, END = 6, 4.0

nodes = np.cos(np.pi * (np.arange(4000) + 0.5) / 4000)
x = END * np.sqrt((nodes + 1.0) / 2.0)
erf, rest = (np.array([f(v) for v in x.tolist()]) for f in (math.erf, math.erfc))
wanted = np.log((1.0 + erf) / rest) / (2.0 * x)  # p(x**2) = artanh(erf(x)) / x
effect = x * rest * (1.0 + erf) / erf  # of an error of p on the relative error of erf

basis = chebyshev.chebvander(nodes, DEGREE)
weights = np.ones_like(x)
for _ in range(400):
    root = effect * np.sqrt(weights)
    fit = np.linalg.lstsq(basis * root[:, None], wanted * root)[0]
    error = np.abs(basis @ fit - wanted) * effect
    weights *= error / error.max() + 1e-12
    weights /= weights.sum()

p = Chebyshev(fit).convert(kind=Polynomial)(Polynomial([-1.0, 2.0 / END**2]))
for coefficient in p.coef:
    print(f"{coefficient:.9g}")
print(f"largest relative error of erf: {error.max():.1e}")
