"""Every command by name, before any is loaded: its task, its one line of help, its module.

A new command is its line here. Its module has an `add_to(commands)`, which calls
`commands.add_parser` with this name and adds the options. An analysis is a command already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points

from gapviz.analyses.listed import LISTED

SEE = "See the gap"
MEASURE = "Measure and compare"
DECIDE = "Decide and take home"
DATA = "Bring data"
KEEP = "Serve and keep"
LEARN = "Look up"
OTHERS = "From other packages"

GROUPS = (SEE, MEASURE, DECIDE, DATA, KEEP, LEARN, OTHERS)
"""The tasks, in the order of the help."""

ANALYSIS = "gapviz.commands.analysis"
"""The module of every command that is an analysis."""


@dataclass(frozen=True, slots=True)
class Command:
    """What is known of a command that is not loaded."""

    name: str
    group: str
    examples: tuple[str, ...] = ()
    """Whole lines as they are typed, for the end of its help."""
    help: str = ""
    """One line without a full stop, as an order; that of its analysis unless given."""
    module: str = ANALYSIS

    @property
    def line(self) -> str:
        """The one line of help."""
        return self.help or LISTED[self.name].help


_OURS = (
    Command("story", SEE, ("gapviz story builtin", "gapviz story builtin --example 2")),
    Command(
        "cones",
        SEE,
        (
            "gapviz cones builtin --strategy centre --out cones.html",
            "gapviz cones builtin --layout gap-axis --out cones.csv",
        ),
    ),
    Command(
        "search",
        SEE,
        (
            'gapviz search builtin "cat face" --strategy znorm -k 3',
            "gapviz search builtin --item 1F431",
            "gapviz search builtin --image photo.jpg",
            "gapviz search builtin - < texts.txt    # one query a line",
            "gapviz search builtin --strategy znorm --out run.trec    # all queries, as a run file",
        ),
    ),
    Command("why", SEE, ("gapviz why builtin --of order,temperature",)),
    Command(
        "measure",
        MEASURE,
        (
            "gapviz measure builtin --strategy centre",
            "cat vectors.npz | gapviz measure - --json",
            "gapviz measure vectors.npz --fail-if 'bias_at_10 > 0.9'",
            "gapviz measure builtin --list-figures",
        ),
    ),
    Command(
        "scoreboard",
        MEASURE,
        (
            "gapviz scoreboard builtin",
            "gapviz scoreboard builtin --strategies raw,centre,znorm --task mixed",
            "gapviz scoreboard builtin --run theirs.trec",
        ),
    ),
    Command("directions", MEASURE, ("gapviz directions builtin --strategy znorm",)),
    Command("within", MEASURE, ("gapviz within builtin --modality image",)),
    Command("curves", MEASURE, ("gapviz curves builtin --of strength --strategy centre",)),
    Command("thresholds", MEASURE, ("gapviz thresholds builtin --target precision --reach 0.9",)),
    Command("anatomy", MEASURE, ("gapviz anatomy builtin --of dimensions,spectrum",)),
    Command(
        "approximate",
        MEASURE,
        ("gapviz approximate builtin --of storage --strategies centre,whitening",),
    ),
    Command("live", MEASURE, ("gapviz live qdrant://localhost:6333/products --most-queries 200",)),
    Command("decide", DECIDE, ("gapviz decide builtin --task mixed --can-change index",)),
    Command(
        "export",
        DECIDE,
        (
            "gapviz export builtin --strategy centre --out fix",
            "gapviz export builtin --out fix --to qdrant://localhost:6333/fixed",
        ),
        "write a fitted strategy as files, with code for where it will run",
        "gapviz.commands.export",
    ),
    Command(
        "apply",
        DECIDE,
        (
            "gapviz apply fix vectors.npy --modality text --out moved.npy",
            "cat vectors.npy | gapviz apply fix - --modality text --out - > moved.npy",
        ),
        "move a vectors file of any size with an exported strategy",
        "gapviz.commands.apply",
    ),
    Command(
        "prove",
        DECIDE,
        ("gapviz prove fix --on qdrant://localhost:6333/fixed builtin --strict",),
        "replay held-out queries on the engine that serves an export",
        "gapviz.commands.prove",
    ),
    Command(
        "watch",
        DECIDE,
        (
            "gapviz watch fix today.npz",
            "gapviz watch fix queries.npy --modality text --as-queries --json",
        ),
        "tell whether today's vectors still fit an exported strategy",
        "gapviz.commands.watch",
    ),
    Command(
        "rehearse",
        DECIDE,
        ("gapviz rehearse builtin builtin:warm --strategy znorm",),
        "show what a swap of the encoder does to strategy and thresholds",
        "gapviz.commands.rehearse",
    ),
    Command(
        "report",
        DECIDE,
        ("gapviz report builtin --out report.html",),
        "write a report: one HTML file that needs no network",
        "gapviz.commands.report",
    ),
    Command(
        "info",
        DATA,
        ("gapviz info photos", "gapviz info    # what can be given as SOURCE"),
        "tell what is in a source; without one, what can be given",
        "gapviz.commands.info",
    ),
    Command(
        "encode",
        DATA,
        (
            "gapviz encode photos --out encoded",
            "gapviz encode photos --encoder ViT-B-32 --pretrained openai --out encoded",
        ),
        "encode pictures and captions with a model",
        "gapviz.commands.encode",
    ),
    Command(
        "fetch",
        DATA,
        ("gapviz fetch", "gapviz fetch coco100 --out sets"),
        "fetch a published set of embeddings",
        "gapviz.commands.fetch",
    ),
    Command(
        "train",
        DATA,
        ("gapviz train builtin --temperature 0.05 --steps 60 --out heads.safetensors",),
        "train two heads, and watch what becomes of the gap",
        "gapviz.commands.train",
    ),
    Command(
        "serve",
        KEEP,
        ("gapviz serve", "gapviz serve encoded --port 8600 --read-only"),
        "open the dashboard, on a collection if one is named",
        "gapviz.commands.serve",
    ),
    Command(
        "views",
        KEEP,
        ("gapviz views", "gapviz views export --out views.json"),
        "list, compare, export or remove the saved views of the dashboard",
        "gapviz.commands.views",
    ),
    Command(
        "completion",
        KEEP,
        (
            "gapviz completion bash >> ~/.bashrc",
            "gapviz completion fish > ~/.config/fish/completions/gapviz.fish",
        ),
        "print what makes a shell complete commands and options",
        "gapviz.commands.completion",
    ),
    Command(
        "explain",
        LEARN,
        ("gapviz explain noise floor", "gapviz explain"),
        "say what a word of the field means",
        "gapviz.commands.explain",
    ),
    Command("protocol", LEARN, ("gapviz protocol builtin --of mixed",)),
    Command(
        "doctor",
        LEARN,
        ("gapviz doctor", "gapviz doctor --load"),
        "say what is installed, what is missing for what, and what is broken",
        "gapviz.commands.doctor",
    ),
)

COMMANDS: Mapping[str, Command] = {one.name: one for one in _OURS}
"""Every command of ours by name."""


def listed_commands() -> dict[str, Command]:
    """Every command by name; those of other packages are told by their package, not loaded."""
    found = dict(COMMANDS)
    for name in LISTED:
        found.setdefault(name, Command(name, MEASURE, (f"gapviz {name} builtin",)))
    for point in entry_points(group="gapviz.analyses"):
        package = point.dist.name if point.dist else point.value.partition(":")[0]
        found.setdefault(point.name, Command(point.name, OTHERS, help=f"of {package}"))
    return found
