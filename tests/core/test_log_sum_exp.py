import sys
from types import ModuleType

import numpy as np
import pytest
from scipy.special import logsumexp

from gapviz.core.log_sum_exp import log_sum_exp


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("scale", [1e-3, 1, 1e3])
def test_it_is_that_of_scipy(axis, scale):
    values = scale * np.random.default_rng(0).standard_normal((7, 5))
    assert np.allclose(log_sum_exp(values, axis), logsumexp(values, axis=axis), rtol=1e-14)


def test_it_does_not_look_at_a_library_that_another_thread_is_importing(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", ModuleType("torch"))
    assert log_sum_exp(np.zeros((1, 4)), 1) == pytest.approx(np.log(4))
