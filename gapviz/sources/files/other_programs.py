"""Files of other programs that hold vectors or items and are not read, and the way out of each."""

from __future__ import annotations

from collections.abc import Mapping

_FAISS = "a FAISS index", "write its vectors with np.save(…, index.reconstruct_n(0, index.ntotal))"
_PICKLE = (
    "a file that Python would have to run (pickle, PyTorch)",
    "save the arrays with np.savez or safetensors",
)
_HDF5 = "an HDF5 file", "save its arrays with np.savez, one under the name of each modality"
_ARROW = "an Arrow file", "write it as Parquet (datasets: to_parquet; pandas: to_parquet)"
_SHEET = "a spreadsheet", "save it as CSV"

OTHER_PROGRAMS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys((".faiss", ".index", ".ivf"), _FAISS),
    ".lance": ("a Lance table", "write it as Parquet: to_table() and pyarrow.parquet.write_table"),
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle", ".joblib"), _PICKLE),
    **dict.fromkeys((".h5", ".hdf5"), _HDF5),
    **dict.fromkeys((".arrow", ".feather"), _ARROW),
    **dict.fromkeys((".xlsx", ".xls", ".ods"), _SHEET),
    ".mat": ("a MATLAB file", "load it with scipy.io.loadmat and save its arrays with np.savez"),
    **dict.fromkeys(
        (".usearch", ".hnsw", ".ann", ".annoy", ".voy"),
        ("an index of a search engine", "write the vectors that went into it with np.save"),
    ),
    **dict.fromkeys(
        (".db", ".sqlite", ".sqlite3", ".duckdb"),
        ("a database", "export its vectors and texts as one Parquet table"),
    ),
}
"""By ending, in lower case: what it is, and how to bring what it holds."""
