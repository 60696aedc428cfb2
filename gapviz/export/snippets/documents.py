"""What engines of documents share: the index with its fields, and what they cannot answer."""

from __future__ import annotations

from gapviz.core.python_source import literal
from gapviz.export.card import ExportCard
from gapviz.export.snippets.base import CODE_NAME, REFERENCES_NOTE

MERGE_NOTE = (
    "No code: the scores of the lists have to be made comparable in the application. Ask one "
    "list a modality, and give them to `merge` of the plain numpy file."
)
BY_ITEM = (
    "A document is an item. Each modality is a nested field, which holds all the vectors that the "
    "item has of it."
)
BY_ROW = "A document is one vector: one image, or one text, in the field of its modality."
MIXED_NOTE = (
    "One index for all modalities, one vector a document; documents and queries are moved before. "
    "The engine tells (1 + cosine) / 2 as the score: thresholds change accordingly."
)
BEST_NOTE = (
    "A document is an item, which scores as the best of its vectors: the largest of one search a "
    "modality (`dis_max`), each of which scores nested vectors by their best. The engine tells "
    "(1 + cosine) / 2 as the score: thresholds change accordingly."
)


_STORE = '''

def store(client, documents):
    """Create the index and fill it: {document}.

    {layout}
    """
    client.indices.create(index=INDEX, {settings})
    helpers.bulk(
        client,
        [
            {{
                "_index": INDEX,
                "_id": key,
                {fields}
        ],
    )
'''
_MIXED = {
    "numpy": "",
    "imports": "move, move_query",
    "mapped": '{"vector": FIELD, "modality": {"type": "keyword"}}',
    "document": "(id, modality, vector as encoded) a document",
    "layout": "A document is one vector: one image, or one text.",
    "fields": '"modality": modality,\n'
    + """                "vector": move(vector[None], modality)[0].tolist(),
            }
            for key, modality, vector in documents""",
}
_FIELDS = {
    "numpy": "",
    "imports": "MODALITIES, move, move_query",
    "mapped": "{name: FIELD for name in MODALITIES}",
    "document": "(id, {modality: vector as encoded}) a document",
    "layout": BY_ROW,
    "fields": """**{name: move(v[None], name)[0].tolist() for name, v in vectors.items()},
            }
            for key, vectors in documents""",
}
_NESTED = {
    "numpy": "import numpy as np\n",
    "imports": "MODALITIES, move, move_query",
    "mapped": '{name: {"type": "nested", "properties": {"vector": FIELD}} for name in MODALITIES}',
    "document": "(id, {modality: vectors as encoded, one or several}) a document",
    "layout": BY_ITEM,
    "fields": """**{
                    name: [{"vector": row.tolist()} for row in move(np.atleast_2d(v), name)]
                    for name, v in vectors.items()
                },
            }
            for key, vectors in documents""",
}


def document_index(template: str, card: ExportCard, settings: str) -> str:
    """The generated index with its `store`.

    Args:
        template: what an engine writes before, with room for `numpy`, `imports`, `name` and
            `mapped`.
        card: of the exported strategy.
        settings: what the engine's client takes besides the name to create the index.
    """
    parts = _NESTED if card.by_item else _MIXED if card.serving == "mixed" else _FIELDS
    return (template + _STORE).format(name=literal(CODE_NAME), settings=settings, **parts)


def refusal(card: ExportCard, constant: int | None) -> str:
    """Why there is no code for a strategy, or an empty text."""
    if card.serving == "references":
        return REFERENCES_NOTE
    if card.serving == "merge" and not card.takes_best:
        return MERGE_NOTE
    if card.serving == "ranks" and (constant is None or constant < 1):
        return "No code: the rank constant has to be a whole number of 1 or more here."
    return ""
