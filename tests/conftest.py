"""What every test shares: a cache, and the reference embeddings where they lie.

`make test` runs one process a core (pytest-xdist), each with a home and a server of its own, and
all with one cache; the tests of one file stay together.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from distribution import wheel
from gapviz.core.collection import Collection
from gapviz.core.evaluation import Evaluation, JudgedQuery, Judgments
from gapviz.core.item import Item, items_of_rows
from gapviz.core.judged_halves import with_evaluation
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.splits import alternate_splits

# What a busy machine takes long for is not wrong. The same commit draws the same examples, so that
# a failure is of the change; `--hypothesis-profile=explore` draws new ones.
PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("gapviz", derandomize=True, **PATIENT)
settings.register_profile("explore", max_examples=1000, **PATIENT)
settings.load_profile("gapviz")

ENCODER_TESTS = tuple(
    str(Path(__file__).parent / place) for place in ("encoders/test_", "analyses/training")
)
"""Where every test loads an encoder or trains one; elsewhere the tests that do are marked."""
SLOW_TESTS = tuple(
    str(Path(__file__).parent / place)
    for place in (
        "app/test_cones", "app/test_decide", "app/test_doubts", "app/test_lab_pages",
        "app/test_why", "commands/test_decide", "export/report", "export/test_apply",
        "export/test_folder", "export/test_snippets", "recorded",
    )
)  # fmt: skip
"""Where every test is short, and all together take a third of the time: each asks every strategy,
page or engine."""
LONG = ("browser", "encoder")
TAKES_SECONDS = {"ranx", "umap_layout", "compiled", "board"}
"""What tests ask for that compiles or measures for seconds before they begin."""

BROWSER_RERUNS = 1
"""A click that crosses a redrawing page may be lost on a busy machine: what fails is tried once
more, and the summary names it."""

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(specs):
    """Processes that share the cores divide the threads; otherwise they wait for each other."""
    threads = max(1, (os.cpu_count() or 1) // len(specs))
    for variable in THREAD_VARIABLES:
        os.environ.setdefault(variable, str(threads))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """The long files first, so that no process is left with one of them at the end."""
    turn = dict.fromkeys((item.path for item in items), len(LONG))
    for item in items:
        if str(item.path).startswith(ENCODER_TESTS):
            item.add_marker("encoder")
        if TAKES_SECONDS & {*item.fixturenames} or str(item.path).startswith(SLOW_TESTS):
            item.add_marker("slow")
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=BROWSER_RERUNS))
        marked = [place for place, name in enumerate(LONG) if item.get_closest_marker(name)]
        turn[item.path] = min([turn[item.path], *marked])
    items.sort(key=lambda item: turn[item.path])


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory) -> Path:
    """What one process has measured, none of the others measures again."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    return folder / "cache"


@pytest.fixture(scope="session", autouse=True)
def _folders_of_their_own(tmp_path_factory, shared_cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAPVIZ_CACHE", str(shared_cache))
        patch.setenv("GAPVIZ_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_is_heard():
    """Whoever starts the tests in the background of a shell has them ignore it, and all below."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def reference() -> Path:
    folder = os.environ.get("GAPVIZ_REFERENCE")
    if not folder or not Path(folder).is_dir():
        pytest.skip("GAPVIZ_REFERENCE names no folder of reference embeddings")
    return Path(folder)


@pytest.fixture(scope="session")
def make_collection():
    """`make(n, dim, ...)`: pairs that share a direction, with a gap between the modalities."""

    def make(n=40, dim=8, *, seed=0, gap=1.0, modalities=("image", "text")):
        rng = np.random.default_rng(seed)
        meaning = rng.standard_normal((n, dim))
        offset = np.zeros(dim)
        offset[0] = gap
        return Collection(
            name="made",
            items=items_of_rows(n),
            modalities={
                name: ModalityVectors.of(
                    meaning + 0.5 * rng.standard_normal((n, dim)) + (1 - 2 * code) * offset
                )
                for code, name in enumerate(modalities)
            },
            splits=alternate_splits(n),
        )

    return make


@pytest.fixture(scope="session")
def make_judged(make_collection):
    """`make(n, ...)`: a text query near each item, which asks for an image: its item is relevant by
    grade 2, the next one by 1, and the one after that is judged not to be."""

    def make(n=120, dim=16, *, gap=2.5, words="query {}", halves=True, **made):
        collection = make_collection(n, dim, gap=gap, **made)
        text = collection.modality("text").vectors
        rng = np.random.default_rng(3)
        queries = tuple(
            JudgedQuery(f"q{k}", "text", words.format(k), asked_modality="image") for k in range(n)
        )
        own = np.arange(n)
        judgments = Judgments.of(
            np.tile(own, 3),
            np.concatenate([own, (own + 1) % n, (own + 2) % n]),
            np.repeat([2.0, 1.0, 0.0], n),
        )
        vectors = {"text": ModalityVectors.of(text + 0.1 * rng.standard_normal(text.shape))}
        splits = {"calibrate": own[::2], "evaluate": own[1::2]} if halves else {}
        return with_evaluation(
            collection, Evaluation("made queries", queries, judgments, vectors, splits)
        )

    return make


@pytest.fixture(scope="session")
def make_ordered(make_collection):
    """Every second image lies elsewhere, so that the halves of an alternate split differ."""

    def make(n=40, dim=24):
        made = make_collection(n, dim)
        images = made.modality("image").vectors.copy()
        images[1::2, 1] += 4
        return replace(made, modalities={**made.modalities, "image": ModalityVectors.of(images)})

    return make


@pytest.fixture(scope="session")
def make_unpaired():
    """Images and texts of different items: nothing matches."""

    def make(n=12, dim=4):
        rows = np.random.default_rng(0).standard_normal((2 * n, dim))
        return Collection(
            "apart",
            items_of_rows(2 * n),
            {
                "image": ModalityVectors.of(rows[:n]),
                "text": ModalityVectors.of(rows[n:], range(n, 2 * n)),
            },
            alternate_splits(2 * n),
        )

    return make


@pytest.fixture(scope="session")
def make_labelled_world():
    """Six labels that lie far apart, across a gap that is wider still."""

    def make(n=120, n_labels=6, *, gap=6.0):
        rng = np.random.default_rng(0)
        label = np.arange(n) // 2 % n_labels
        meaning = np.eye(n_labels + 1)[label + 1] * 4 + gap * 0.2
        shift = np.eye(n_labels + 1)[0] * gap
        return Collection(
            "labelled",
            tuple(Item(str(i), f"label {one}") for i, one in enumerate(label)),
            {
                name: ModalityVectors.of(
                    meaning + side * shift + 0.3 * rng.standard_normal(meaning.shape)
                )
                for name, side in (("image", 1), ("text", -1))
            },
            alternate_splits(n),
        )

    return make


@pytest.fixture(scope="session")
def with_second_captions():
    """Sixty images and captions across a gap, and a second caption of each, which only asks."""
    n, dim = 60, 8
    rng = np.random.default_rng(0)
    meaning = rng.standard_normal((n, dim))
    shift = np.eye(dim)[0] * 1.5

    def near(sign):
        return meaning + 0.4 * rng.standard_normal((n, dim)) + sign * shift

    image, captions = near(1), np.concatenate([near(-1), near(-1)])
    asking = np.repeat([False, True], n)
    return Collection(
        "captions",
        items_of_rows(n),
        {
            "image": ModalityVectors.of(image),
            "text": ModalityVectors.of(captions, np.tile(np.arange(n), 2), asking),
        },
        alternate_splits(n),
    )


@pytest.fixture(scope="session")
def mixed_up_collection():
    """`make(seed)`: three modalities, several rows an item, query-only rows, gaps, no ties."""

    def make(seed=0, n=14, dim=16):
        rng = np.random.default_rng(seed)

        def rows(owners, asking=None):
            vectors = rng.standard_normal((len(owners), dim)) + 0.3
            return ModalityVectors.of(vectors, owners, asking)

        text_owner = [0, 0, 1, 2, 2, 2, *range(3, n), 3, 4, 4]
        asking = [False] * (len(text_owner) - 3) + [True] * 3
        return Collection(
            name="mixed up",
            items=items_of_rows(n),
            modalities={
                "image": rows(list(range(n - 2))),
                "text": rows(text_owner, asking),
                "audio": rows([1, 2, 5, 5, n - 1]),
            },
        )

    return make


@pytest.fixture(scope="session")
def ranx():
    """`ranx(truth=…, run=…, metrics=[…])` → figures; `ranx(runs=[…], k=…)` → RRF scores."""
    worker = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("ranx_worker.py"))],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def ask(**request):
        print(json.dumps(request), file=worker.stdin, flush=True)
        return json.loads(worker.stdout.readline())

    yield ask
    worker.communicate()


@pytest.fixture(scope="session")
def postgres():
    """`postgres()` → the address of a new database with pgvector on a server of the session.

    Its credentials stand in the environment.
    """
    password = secrets.token_hex(16)
    keeper = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("postgres_keeper.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    print(password, file=keeper.stdin, flush=True)
    port = keeper.stdout.readline().strip()
    assert port, "the server did not start"
    numbers = count()

    def made():
        import psycopg

        place, name = {"host": "127.0.0.1", "port": port}, f"tests_{next(numbers)}"
        with psycopg.connect(dbname="postgres", autocommit=True, **place) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        with psycopg.connect(dbname=name, autocommit=True, **place) as connection:
            connection.execute("CREATE EXTENSION vector")
        return f"postgresql://127.0.0.1:{port}/{name}"

    with pytest.MonkeyPatch.context() as patch:
        for name in [one for one in os.environ if one.startswith("PG")]:
            patch.delenv(name)
        patch.setenv("PGUSER", "gapviz")
        patch.setenv("PGPASSWORD", password)
        yield made
    keeper.communicate()


@pytest.fixture(scope="session")
def small_clip(tmp_path_factory):
    """The folder of a model of sentence-transformers, saved at random weights.

    CLIP's two towers with one layer each: texts of at most 16 tokens and pictures of 16 × 16
    pixels become 8 dimensions. It has a prompt for queries.
    """
    from gapviz.encoders.torchvision_operators import declare_torchvision_operators

    declare_torchvision_operators()
    import torch
    import transformers
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    words = "<pad> <unk> <s> </s> query find : a the red apple house by lake night dog cat . png"
    vocabulary = {word: number for number, word in enumerate(words.split())}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 2), ("</s>", 3)]
    )
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="<pad>", unk_token="<unk>", bos_token="<s>",
        eos_token="</s>", model_max_length=16,
    )  # fmt: skip
    pictures = transformers.CLIPImageProcessor(
        size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16}
    )
    tower = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
        "num_attention_heads": 2,
    }  # fmt: skip
    ends = {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3}
    config = transformers.CLIPConfig(
        text_config={
            **tower, **ends, "vocab_size": len(vocabulary), "max_position_embeddings": 16,
        },
        vision_config={**tower, "image_size": 16, "patch_size": 8},
        projection_dim=8,
    )  # fmt: skip
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("models")
    transformers.CLIPModel(config).save_pretrained(folder / "bare")
    transformers.CLIPProcessor(pictures, tokenizer).save_pretrained(folder / "bare")
    model = SentenceTransformer(
        modules=[Transformer(str(folder / "bare"))], prompts={"query": "query : "}, device="cpu"
    )
    model.save(str(folder / "clip"))
    return folder / "clip"


@pytest.fixture(scope="session")
def wheel_python(tmp_path_factory) -> Path:
    """A Python whose gapviz is the built wheel, outside the checkout: run it in a folder of its
    own, as `subprocess.run([wheel_python, "-m", "gapviz", …], cwd=tmp_path)`. Beside it lies
    `gapviz`, the command. All processes of a test run share it."""
    if given := os.environ.get(wheel.GIVEN):
        return Path(given)
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with FileLock(folder / "wheel.lock"):
        known = folder / "wheel-python"
        if not known.exists():
            built = wheel.build("wheel", folder / "wheel")
            known.write_text(str(wheel.install(built, folder / "wheel-environment")), "utf-8")
    return Path(known.read_text("utf-8"))
