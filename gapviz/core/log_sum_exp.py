"""log Σ exp, stably.

That of SciPy asks of its arguments whether they are torch's, and fails in one thread while another
is importing torch.
"""

from __future__ import annotations

import numpy as np

from gapviz.core.vectors import Float64


def log_sum_exp(values: Float64, axis: int) -> Float64:
    """`(n, m)` summed along one axis: log Σ exp of every row or column.

    >>> log_sum_exp(np.log([[1.0, 3.0]]), axis=1).round(6) == np.log([4.0]).round(6)
    array([ True])
    """
    largest = values.max(axis=axis, keepdims=True)
    total = np.exp(values - largest).sum(axis=axis)
    found: Float64 = np.log(total) + largest.squeeze(axis)
    return found
