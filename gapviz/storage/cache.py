"""Results cached by content, in memory and on disk.

A result is a frozen dataclass of numbers, strings, arrays, mappings, tuples and further
dataclasses. Its type says how to read it back, so that no pickle is needed.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import logging
import types
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import (
    Any,
    Generic,
    Literal,
    ParamSpec,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from gapviz.core.progress import Progress, no_progress
from gapviz.storage.bounded_cache import MEBIBYTE, BoundedCache
from gapviz.storage.configuration import configuration
from gapviz.storage.files import private_folder, write_atomically

Result = TypeVar("Result")
Asked = ParamSpec("Asked")
Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]

TREE = "tree"
"""Name of the array that holds everything but the arrays, as JSON in UTF-8."""
CHECKSUM = "sha256"
"""Where a file's header holds the checksum of its arrays."""

_memory: BoundedCache[Path, Any] = BoundedCache(400 * MEBIBYTE)
_log = logging.getLogger(__name__)
_told: set[Path] = set()


@dataclass(frozen=True, eq=False)
class CachedResult(Generic[Result]):
    """A result that is computed once, and found again by what it depends on."""

    kind: str
    """Folder of the cache, and the words for people who look there."""
    key: str
    """Hash of everything that the result depends on; see `content_key`."""
    result_type: type[Result]
    function: Callable[[Progress], Result]
    on_disk: bool = True
    """False for what is quick to compute and large to store."""

    @property
    def name(self) -> str:
        """Unlike that of any other result."""
        return f"{self.kind}/{self.key}"

    @property
    def path(self) -> Path:
        """Its file, whether it is there or not."""
        return configuration().cache / self.kind / f"{self.key}.safetensors"

    def get(self) -> Result | None:
        """The result from memory or disk, else None; a damaged file is removed."""
        result: Result | None = _memory.get(self.path)
        if result is not None or not self.on_disk:
            return result
        arrays = read_arrays(self.path)
        if arrays is None:
            return None
        try:
            result = unpacked(arrays, self.result_type)
        except (KeyError, TypeError, ValueError) as error:
            _log.warning("%s does not hold what it should (%s)", self.path, error)
            return None
        _memory.put(self.path, result)
        return result

    def compute(self, progress: Progress | None = None) -> Result:
        """The result, computed now unless it is cached, and cached.

        Raises:
            GapvizError: what `function` raises.
        """
        cached = self.get()
        if cached is not None:
            return cached
        result = self.function(progress or no_progress)
        # In memory too: a folder that cannot be written must not lose the result.
        _memory.put(self.path, result)
        if self.on_disk:
            try:
                write_arrays(self.path, packed(result))
            except OSError as error:
                _say_unwritable(configuration().cache, error)
        return result


def _say_unwritable(folder: Path, error: OSError) -> None:
    """Tell once of a cache folder that it keeps nothing: a page or a report has many results."""
    if folder not in _told:
        _told.add(folder)
        _log.warning(
            "the cache folder %s cannot be written (%s): results are computed again each time; "
            "GAPVIZ_CACHE names another folder",
            folder,
            error.strerror or error,
        )


def cached(
    kind: str, *, revision: int, on_disk: bool = True
) -> Callable[[Callable[Asked, Result]], Callable[Asked, CachedResult[Result]]]:
    """Turn a function into one that gives its result as a `CachedResult`.

    The function takes `progress`; all of its other arguments make the key, by content.

    Args:
        kind: as `CachedResult.kind`.
        revision: to be raised when the same arguments would give another result.
        on_disk: as `CachedResult.on_disk`.
    """

    def decorate(function: Callable[Asked, Result]) -> Callable[Asked, CachedResult[Result]]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def result(*args: Asked.args, **named: Asked.kwargs) -> CachedResult[Result]:
            bound = signature.bind(*args, **named)
            bound.apply_defaults()
            arguments = [
                # As a list, since the order of a mapping may be that of the result.
                [name, list(value.items()) if isinstance(value, Mapping) else value]
                for name, value in bound.arguments.items()
                if name != "progress"
            ]
            key = content_key(function=function.__name__, arguments=arguments, revision=revision)
            compute = functools.partial(cast(Callable[..., Result], function), *args, **named)
            return CachedResult(
                kind,
                key,
                _hints(function)["return"],
                lambda progress: compute(progress=progress),
                on_disk,
            )

        return result

    return decorate


def clear_memory() -> None:
    """Drop the results in memory; those on disk stay."""
    _memory.clear()


def content_key(**parts: object) -> str:
    """Hex digest of everything that a result depends on, by name.

    Args:
        parts: JSON values, arrays, dataclasses of such, and what has a `content_hash`.
    """
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=_content)
    # Names of files may hold bytes that are no characters.
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write arrays with their checksum, and the folders above them, for nobody else to read.

    Raises:
        OSError: a folder that cannot be written, or a full disk.
    """
    ordered = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    private_folder(path.parent)
    content = save(ordered, metadata={CHECKSUM: checksum(ordered)})
    write_atomically(path, content, private=True)


def read_arrays(
    path: Path, wanted: Callable[[Callable[[str], Array]], bool] = lambda read: True
) -> dict[str, Array] | None:
    """What `write_arrays` wrote, or None; a damaged file is removed.

    Args:
        path: of the file.
        wanted: given a function that reads one array by name, unchecked: whether to read the
            rest.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            if not wanted(file.get_tensor):
                return None
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            if (file.metadata() or {}).get(CHECKSUM) == checksum(arrays):
                return arrays
        damage = "its checksum differs"
    except FileNotFoundError:
        return None
    except OSError as error:
        # Such as too many open files: the file itself may be whole.
        _log.warning("%s cannot be read (%s) and is passed over", path, error)
        return None
    except SafetensorError as error:
        damage = str(error)
    _log.warning("%s is damaged (%s) and is removed", path, damage)
    with suppress(OSError):
        path.unlink(missing_ok=True)
    return None


def checksum(arrays: Arrays) -> str:
    """SHA-256 of names, types, shapes and contents, in hex."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def packed(result: object) -> dict[str, Array]:
    """Arrays that hold a result: its own by number, and the rest as JSON under `TREE`."""
    arrays: dict[str, Array] = {}

    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            arrays[str(len(arrays))] = value
            return str(len(arrays) - 1)
        if is_dataclass(value):
            return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        if isinstance(value, Mapping):
            return [[plain(key), plain(entry)] for key, entry in value.items()]
        if isinstance(value, tuple | list):
            return [plain(entry) for entry in value]
        return value.item() if isinstance(value, np.generic) else value

    tree = json.dumps(plain(result))
    return arrays | {TREE: np.frombuffer(tree.encode(), dtype=np.uint8)}


def unpacked(arrays: Arrays, result_type: type[Result]) -> Result:
    """The result that `packed` turned into arrays.

    Raises:
        KeyError, TypeError, ValueError: the arrays hold something else.
    """
    tree = json.loads(arrays[TREE].tobytes().decode())
    return cast(Result, _read(tree, result_type, arrays))


def _content(value: Any) -> object:
    """What stands in a key for a value that JSON does not know."""
    if isinstance(value, np.ndarray):
        return checksum({"": value})
    if hasattr(value, "content_hash"):
        return value.content_hash
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"a {type(value).__name__} can be no part of a key")


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(value: Any, hint: Any, arrays: Arrays) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is np.ndarray:
        array = arrays[value]
        array.flags.writeable = False
        return array
    if is_dataclass(hint):
        hints = _hints(cast(Any, hint))
        values = {
            field.name: _read(value[field.name], hints[field.name], arrays)
            for field in fields(hint)
        }
        return cast(Any, hint)(**values)
    if origin in (Union, types.UnionType):
        known = [kind for kind in inner if kind is not type(None)]
        return None if value is None else _read(value, known[0], arrays)
    if origin is tuple:
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(_read(entry, kind, arrays) for entry, kind in zip(value, kinds, strict=True))
    if origin is not None and origin is not Literal and issubclass(origin, Mapping):
        return {
            _read(key, inner[0], arrays): _read(entry, inner[1], arrays) for key, entry in value
        }
    return value
