"""Image to image and text to text: the joint model's tower against a dedicated encoder."""

from gapviz.dashboard.page_head import page_head
from gapviz.dashboard.settings import settings
from gapviz.dashboard.within import within_section

chosen = settings()

page_head(
    "Within a modality: is one tool enough?",
    chosen,
    "A model trained to match two modalities is often used to search inside one: image to image, "
    "text to text. An encoder made for that modality alone may serve better: measured here.",
)
within_section(chosen)
