"""What engines of documents share: the index with its fields, and what they cannot answer."""

from __future__ import annotations

from gapviz.core.python_source import literal
from gapviz.export.card import ExportCard
from gapviz.export.snippets.base import CODE_NAME, REFERENCES_NOTE, by_item

MERGE_NOTE = (
    "No code: the scores of the lists have to be made comparable in the application. Ask one "
    "list a modality, and give them to `merge` of the plain numpy file."
)
BY_ITEM = "A document is an item, with one field for every modality that it has."
BY_ROW = "A document is one vector: one image, or one text, in the field of its modality."
MIXED_NOTE = (
    "One index for all modalities, one vector a document; documents and queries are moved before. "
    "The engine tells (1 + cosine) / 2 as the score: thresholds change accordingly."
)


def document_index(template: str, card: ExportCard, how: str) -> str:
    """The generated index with its `store`.

    Args:
        template: an engine's code with room for `imports`, `name`, `mapped`, `document`,
            `layout` and `fields`.
        card: of the exported strategy.
        how: it is searched.
    """
    mixed = how == "mixed"
    every = "{name: FIELD for name in MODALITIES}"
    return template.format(
        imports="move" if mixed else "MODALITIES, move",
        name=literal(CODE_NAME),
        mapped='{"vector": FIELD, "modality": {"type": "keyword"}}' if mixed else every,
        layout=_layout_words(card, how),
        document=_document_words(mixed),
        fields=_document_fields(mixed),
    )


def refusal(how: str, constant: int | None) -> str:
    """Why there is no code for a strategy, or an empty text."""
    if how == "references":
        return REFERENCES_NOTE
    if how == "merge":
        return MERGE_NOTE
    if how == "ranks" and (constant is None or constant < 1):
        return "No code: the rank constant has to be a whole number of 1 or more here."
    return ""


def _document_words(mixed: bool) -> str:
    """What the generated `store` takes for a document."""
    if mixed:
        return "(id, modality, vector as encoded) a document"
    return "(id, {modality: vector as encoded}) a document"


def _document_fields(mixed: bool) -> str:
    """The fields of a document in the generated `store`, and the loop over documents."""
    if mixed:
        return (
            '                "modality": modality,\n'
            '                "vector": move(vector[None], modality)[0].tolist(),\n'
            "            }\n            for key, modality, vector in documents"
        )
    return (
        "                **{name: move(v[None], name)[0].tolist() for name, v in vectors.items()},"
        "\n            }\n            for key, vectors in documents"
    )


def _layout_words(card: ExportCard, how: str) -> str:
    """What a document holds."""
    if how == "mixed":
        return "A document is one vector: one image, or one text."
    return BY_ITEM if by_item(card) else BY_ROW
