"""Small worlds written into real engines, and engines that break one thing."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz.core.modality_vectors import ModalityVectors
from gapviz.export.folder import export_strategy, load_exported
from gapviz.export.into_store import Entries, holds_one_vector, write_into
from gapviz.measures.experiment import Experiment
from gapviz.measures.proof.proof import prove
from gapviz.sources.stores.address import parsed_address
from gapviz.sources.stores.registry import open_store
from gapviz.strategies import StrategyOptions
from tests.sources.stores import engines
from tests.sources.stores.engines import *  # noqa: F403

N = 48
CENTRE = StrategyOptions("centre")


@pytest.fixture(scope="session")
def world(make_collection):
    """Items with a picture and two captions; every sixth has no picture."""
    plain = make_collection(N, 12)
    text, image = (plain.modality(name).vectors for name in ("text", "image"))
    second = text + 0.3 * np.random.default_rng(4).standard_normal(text.shape)
    pictured = np.flatnonzero(np.arange(N) % 6 != 5)
    return replace(
        plain,
        modalities={
            "image": ModalityVectors.of(image[pictured], pictured),
            "text": ModalityVectors.of(
                np.stack([text, second], axis=1).reshape(2 * N, -1), np.repeat(np.arange(N), 2)
            ),
        },
    )


@pytest.fixture(scope="session")
def exported(world, tmp_path_factory):
    """`exported(options, collection)`: an export that was read back."""
    done = {}

    def of(options=CENTRE, collection=world):
        key = (options, id(collection))
        if key not in done:
            folder = tmp_path_factory.mktemp("export") / "out"
            export_strategy(Experiment(collection, options), folder)
            done[key] = load_exported(folder)
        return done[key]

    return of


@pytest.fixture
def written(exported, world, tmp_path):
    """`written(options, scheme, collection)`: an address to which an export was written."""

    def of(options=CENTRE, scheme="qdrant", collection=world, address=None):
        # Qdrant in memory, since in a folder it waits for the disk after every point.
        place = "/:memory:" if scheme == "qdrant" else tmp_path
        address = address or f"{scheme}://{place}#proof-{next(engines.FRESH)}"
        single = holds_one_vector(address)
        write_into(address, Entries.of(exported(options, collection), collection, single=single))
        return address

    return of


@pytest.fixture
def proven(exported, world):
    """`proven(address, options, kind)`: the proof, through a class of store where one is given."""

    def of(address, options=CENTRE, kind=None, collection=world):
        strategy = exported(options, collection).strategy
        opened = open_store(address) if kind is None else kind.open(parsed_address(address))
        with opened as store:
            return prove(collection, strategy, store, queries=12)

    return of
