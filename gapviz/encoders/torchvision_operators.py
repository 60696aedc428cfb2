"""Let torchvision be imported beside a torch that its compiled operators do not fit.

open_clip and transformers import torchvision for its image transforms. Where pip finds a
CPU build of torch, torchvision's published wheel is still the CUDA one; its compiled
operators then do not load, and `import torchvision` stops with "operator torchvision::nms
does not exist", because it registers shape functions for two of them. Declaring the two
first is all it takes: nothing here computes a box overlap.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

from gapviz.core.libraries import needed

MISSING = ("nms", "qnms")


@cache
def declare_torchvision_operators() -> Any:
    """Declare what torchvision's import asks for, where its own operators do not load.

    Call it before the first import of open_clip or transformers. Does nothing where
    torchvision works, or where it is not installed.

    Returns:
        The declaring library, None where nothing was declared. It has to stay alive for
        the declarations to hold, which is why the result is cached.
    """
    torch = needed("torch")
    try:
        import torchvision  # noqa: F401
    except ImportError:
        return None
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        # What the failed import left, so that the next one starts afresh.
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
    else:
        return None
    library = torch.library.Library("torchvision", "DEF")
    for name in MISSING:
        signature = f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
        library.define(signature)
    return library
