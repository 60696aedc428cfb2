"""Encoding on the machines of a Ray cluster: actors hold the model, shards go in and come back.

A shard is what one process would encode at a time too, so that its batches, and with them its
bits, are the same. It is one row of a Ray dataset: a shard whose machine is lost is encoded again
elsewhere, whole, and is stored under the name of its contents, where it can stand only once.
"""

from __future__ import annotations

import json
import logging
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.core.libraries import needed
from gapviz.core.progress import no_progress
from gapviz.core.vectors import Float32
from gapviz.encoders.base import Encoder, ImageEncoder, TextEncoder
from gapviz.encoders.encoding.engine import (
    SHARD_ROWS,
    Picture,
    PictureEngine,
    Shard,
    Text,
    picture_shards,
    text_shard,
)
from gapviz.encoders.encoding.pace import Pace
from gapviz.encoders.encoding.pictures import Fault, PictureWorkers
from gapviz.encoders.encoding.store import KEY_BYTES, text_key
from gapviz.encoders.registry import load_any_encoder

LOCAL = "local"
"""Instead of an address: a cluster of this machine alone, for as long as the run."""
IN_FLIGHT = 2
"""Shards at an actor: one in work, one waiting. Ray's own default of four or more keeps as many
inputs and results in memory."""
WAVE_SHARDS = 4_096
"""Shards of one dataset; what Ray remembers to be able to make lost ones again grows with them."""
LOOKED_AT_ONCE = 512
"""Pictures that are read and checked by one task."""
ANSWER_SECONDS = 10.0
"""Within which a cluster must take a connection."""
STORE_SHARE = 0.25
"""Of the object store, how much results may fill before no further shard is begun."""

Column = npt.NDArray[Any]


@dataclass(frozen=True)
class RayEngine:
    """Encodes on a cluster.

    Pictures are read on its machines, and must lie at the same path on all of them; so must the
    weights of a model in a folder. The model is loaded by name on every machine.
    """

    stores_parquet: ClassVar[bool] = True
    model: str
    """As `load_any_encoder` takes it."""
    device: str | None = None
    """Of every actor; the fastest there is unless given."""
    actors: int | None = None
    """How many hold the model; one a processor (or a GPU) of the cluster unless given."""
    num_cpus: float = 1.0
    """Of each actor."""
    num_gpus: float = 0.0
    nodes: dict[str, int] = field(default_factory=dict, compare=False)
    """Shards that each machine has sent, by the id of its node."""

    def pictures(self, root: Path | None, n_pictures: int) -> AbstractContextManager[PictureEngine]:
        return nullcontext(_RayPictures(self, None if root is None else str(root.absolute())))

    def text_shards(
        self, encoder: TextEncoder, texts: Sequence[Text], pace: Pace, *, cut: bool
    ) -> Iterator[Shard]:
        rows = [{"things": json.dumps([text for _, text in some])} for some in _in_shards(texts)]
        work = _Work(self.model, self.device, encoder.card.stored_as, None, cut)
        yield from self._encoded(_EncodesTexts, work, rows, [key for key, _ in texts])

    def _encoded(
        self,
        kind: type[_Encodes],
        work: _Work,
        rows: Sequence[Mapping[str, str]],
        keys: list[bytes],
    ) -> Iterator[Shard]:
        """Every shard once, in any order.

        Raises:
            GapvizError: Ray gives up, or shards are lost.
        """
        for first in range(0, len(rows), WAVE_SHARDS):
            wave = [
                {"shard": number, **rows[number]}
                for number in range(first, min(first + WAVE_SHARDS, len(rows)))
            ]
            waiting = {row["shard"] for row in wave}
            for answer in self._rows_of(kind, work, wave):
                number = int(answer["shard"])
                if number in waiting:  # once, whatever was encoded twice
                    waiting.remove(number)
                    node = str(answer["node"])
                    self.nodes[node] = self.nodes.get(node, 0) + 1
                    start = number * SHARD_ROWS
                    yield _shard_of(answer, keys[start : start + SHARD_ROWS])
            if waiting:
                raise GapvizError(
                    f"{len(waiting)} of {len(wave)} shards did not come back from Ray",
                    hint="start again: what came back is stored, and the run goes on from there",
                )

    def _rows_of(
        self, kind: type[_Encodes], work: _Work, wave: Sequence[Mapping[str, Any]]
    ) -> Iterator[Mapping[str, Any]]:
        import ray

        there = ray.cluster_resources()
        room = there.get("CPU", 1) / self.num_cpus
        if self.num_gpus:
            room = there.get("GPU", 0) / self.num_gpus
        size = self.actors or max(1, min(int(room), len(wave)))
        pool = ray.data.ActorPoolStrategy(size=size, max_tasks_in_flight_per_actor=IN_FLIGHT)
        dataset = _dataset(wave).map_batches(
            kind,
            batch_size=1,
            compute=pool,
            num_cpus=self.num_cpus,
            num_gpus=self.num_gpus or None,
            fn_constructor_kwargs={"work": json.dumps(vars(work))},
        )
        try:
            yield from dataset.iter_rows()
        except ray.exceptions.RayError as error:
            raise _failed(error) from error


@dataclass(frozen=True)
class _RayPictures:
    engine: RayEngine
    root: str | None

    def digests(self, references: Sequence[str]) -> Iterator[bytes | Fault]:
        """Read and decoded to the last row, so that a broken picture is in no batch."""
        import ray

        some = [
            references[start : start + LOOKED_AT_ONCE]
            for start in range(0, len(references), LOOKED_AT_ONCE)
        ]
        rows = [{"shard": k, "things": json.dumps(one)} for k, one in enumerate(some)]
        dataset = _dataset(rows).map_batches(
            _looked_at, batch_size=1, num_cpus=1, fn_kwargs={"root": self.root}
        )
        found: dict[int, list[bytes | Fault]] = {}
        following = 0
        try:
            for answer in dataset.iter_rows():
                told = json.loads(answer["found"])
                found[int(answer["shard"])] = [
                    Fault(why) if why else bytes.fromhex(digest) for digest, why in told
                ]
                while following in found:
                    yield from found.pop(following)
                    following += 1
        except ray.exceptions.RayError as error:
            raise _failed(error) from error

    def shards(
        self, encoder: ImageEncoder, pictures: Sequence[Picture], pace: Pace
    ) -> Iterator[Shard]:
        rows = [
            {"things": json.dumps([[path, key.hex()] for key, path in some])}
            for some in _in_shards(pictures)
        ]
        engine = self.engine
        work = _Work(engine.model, engine.device, encoder.card.stored_as, self.root, True)
        yield from engine._encoded(_EncodesPictures, work, rows, [key for key, _ in pictures])


@dataclass(frozen=True)
class _Work:
    """What an actor is told when it starts."""

    model: str
    device: str | None
    stored_as: str
    root: str | None
    cut: bool


class _Encodes:
    """An actor: holds the model, and encodes a shard at a time."""

    def __init__(self, work: str) -> None:
        import ray

        self.work = _Work(**json.loads(work))
        self.node = ray.get_runtime_context().get_node_id()
        encoder: Any = load_any_encoder(self.work.model, device=self.work.device)
        if encoder.card.stored_as != self.work.stored_as:
            encoder = encoder.for_queries()
        if encoder.card.stored_as != self.work.stored_as:
            raise ValueError(f"{encoder.card.stored_as} is not {self.work.stored_as}")
        self.encoder: Encoder = encoder

    def __call__(self, batch: Mapping[str, Column]) -> dict[str, list[Any]]:
        answers = [self.shard(json.loads(things)) for things in batch["things"]]
        return {
            "shard": [int(number) for number in batch["shard"]],
            "node": [self.node] * len(answers),
            "keys": [b"".join(one.vectors) for one in answers],
            "vectors": [b"".join(row.tobytes() for row in one.vectors.values()) for one in answers],
            "faults": [
                json.dumps([[key.hex(), fault.why] for key, fault in one.faults.items()])
                for one in answers
            ],
        }

    def shard(self, things: list[Any]) -> Shard:
        raise NotImplementedError


class _EncodesPictures(_Encodes):
    def shard(self, things: list[Any]) -> Shard:
        root = None if self.work.root is None else Path(self.work.root)
        pictures = [(bytes.fromhex(key), path) for path, key in things]
        with PictureWorkers(root, 0, len(pictures)) as workers:
            pace = Pace("pictures", len(pictures), (0, 1), no_progress)
            found = [*picture_shards(self.encoder, workers, pictures, pace)]
        vectors = {key: row for one in found for key, row in one.vectors.items()}
        return Shard(vectors, found[-1].faults)


class _EncodesTexts(_Encodes):
    def shard(self, things: list[Any]) -> Shard:
        texts = [(text_key(text), text) for text in things]
        return text_shard(self.encoder, texts, cut=self.work.cut, progress=no_progress)


def _looked_at(batch: Mapping[str, Column], root: str | None) -> dict[str, list[Any]]:
    """`picture_key` of pictures, or what is wrong with them."""
    found = []
    for things in batch["things"]:
        references = json.loads(things)
        with PictureWorkers(None if root is None else Path(root), 0, len(references)) as workers:
            told = [
                ["", one.why] if isinstance(one, Fault) else [one.hex(), ""]
                for one in workers.digests(references, checked=True)
            ]
        found.append(json.dumps(told))
    return {"shard": [int(number) for number in batch["shard"]], "found": found}


def _shard_of(answer: Mapping[str, Any], wanted: Sequence[bytes]) -> Shard:
    """What an actor has sent.

    Raises:
        GapvizError: vectors of other contents than those of the shard.
    """
    joined = answer["keys"]
    keys = [joined[at : at + KEY_BYTES] for at in range(0, len(joined), KEY_BYTES)]
    faults = {bytes.fromhex(key): Fault(why) for key, why in json.loads(answer["faults"])}
    if {*keys, *faults} != {*wanted}:
        raise GapvizError(
            "a machine of the cluster has sent other vectors than it was asked for",
            hint="install the same version of gapviz on all of them",
        )
    rows: Float32 = np.frombuffer(answer["vectors"], dtype=np.float32)
    return Shard(dict(zip(keys, rows.reshape(len(keys), -1), strict=True)) if keys else {}, faults)


def _in_shards(things: Sequence[tuple[bytes, str]]) -> list[Sequence[tuple[bytes, str]]]:
    return [things[start : start + SHARD_ROWS] for start in range(0, len(things), SHARD_ROWS)]


def _dataset(rows: Sequence[Mapping[str, Any]]) -> Any:
    """One block a row, so that a task is one shard."""
    import ray

    return ray.data.from_items([*rows], override_num_blocks=len(rows))


def _failed(error: Exception) -> GapvizError:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return GapvizError(
        f"Ray has given up ({lines[-1][:200] if lines else type(error).__name__})",
        hint="start again: what came back is stored, and the run goes on from there",
    )


def _refuse_silent(address: str) -> None:
    """Raise `OSError` where nothing listens, for which Ray itself would wait for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS).close()


class connected:  # noqa: N801 - reads as a statement
    """A connection to a cluster, or a cluster of this machine, until the context ends.

    One that this process has opened already is used, and left open.

    Args:
        address: of a cluster (`host:6379`, `ray://host:10001`, `auto`), or `local`.

    Raises:
        GapvizError: Ray is not installed, or no cluster answers there.
    """

    def __init__(self, address: str) -> None:
        self._address, self._opened = address, False

    def __enter__(self) -> None:
        """Connect."""
        # What goes wrong comes as an exception; the log of Ray itself would stand among figures.
        os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        ray = needed("ray", "--ray")
        needed("ray.data", "--ray")
        if not ray.is_initialized():
            alone = {"include_dashboard": False} if self._address == LOCAL else {}
            try:
                _refuse_silent(self._address)
                ray.init(self._address, log_to_driver=False, logging_level="ERROR", **alone)
            except (OSError, ValueError, RuntimeError) as error:
                raise GapvizError(
                    f"no Ray cluster answers at {self._address[:80]!r}",
                    hint=f"give the address that `ray start --head` has printed, or {LOCAL!r}",
                ) from error
            self._opened = True
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        memory = ray.cluster_resources().get("object_store_memory", 0)
        if memory:
            limits = ray.data.ExecutionResources(object_store_memory=STORE_SHARE * memory)
            context.execution_options.resource_limits = limits

    def __exit__(self, *raised: object) -> None:
        """Leave it, where this has opened it."""
        import ray

        if self._opened:
            ray.shutdown()
