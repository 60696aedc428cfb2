"""What the advisor says as work to be done once: what each answer depends on."""

from __future__ import annotations

from gapviz.analyses.advice import Advice, Evidence, Situation, advise
from gapviz.analyses.advice.rules import applicable
from gapviz.storage.cache import CachedResult, content_key

KIND = "advice"

# Raise it when the same evidence would give other advice. The words of a rule are not kept.
REVISION = 2


def cached_advice(evidence: Evidence, situation: Situation) -> CachedResult[Advice]:
    """The ranked advice for a situation; see `advise`.

    Other models and dedicated encoders count only where a rule that is open to the situation
    asks for them.
    """
    return CachedResult(
        KIND,
        _key(evidence, situation),
        Advice,
        lambda progress: advise(evidence, situation, progress=progress),
    )


def _key(evidence: Evidence, situation: Situation) -> str:
    rules, _ = applicable(situation)
    kinds = {rule.kind for rule in rules}
    collection = evidence.collection
    models = evidence.models if "model" in kinds else {}
    towers = evidence.towers if "dedicated" in kinds else ()
    return content_key(
        collection=[collection.content_hash, collection.name, collection.encoder],
        models=[[title, raw().collection.content_hash] for title, raw in models.items()],
        towers=[tower.content_hash for tower in towers if tower.modality == situation.found],
        pair=evidence.pair,
        seed=evidence.seed,
        situation=[situation.task, situation.changeable, situation.found],
        rules=[rule.name for rule in rules],
        revision=REVISION,
    )
