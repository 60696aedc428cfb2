"""Models of sentence-transformers that encode texts and pictures, made here at random weights.

What a real one needs the network for is its download; everything behind that is tested here.
"""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from gapviz.core.collection import Collection
from gapviz.core.encoder_record import EncoderRecord
from gapviz.core.errors import GapvizError
from gapviz.core.item import Item
from gapviz.encoders.base import Encoder
from gapviz.encoders.encoding import encode_collection
from gapviz.encoders.registry import is_dual_encoder, load_any_encoder, load_encoder, query_encoder
from gapviz.encoders.sentence_transformer import split_dims
from gapviz.encoders.text_only import minilm_folder
from gapviz.storage.saved_collection import load_collection, save_collection

TEXTS = ["a red apple", "the house by the lake", "night"]
PICTURES = [
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (20, 30, 3), dtype=np.uint8))
    for seed in range(3)
]


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def theirs(small_clip):
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(small_clip), device="cpu")


@pytest.fixture(scope="module")
def encoder(small_clip):
    return load_encoder(f"sentence-transformers:{small_clip}", device="cpu")


@pytest.fixture
def changed(small_clip, tmp_path):
    """`changed(**settings)`: a copy of the model with other settings of sentence-transformers."""

    def change(**settings):
        folder = shutil.copytree(small_clip, tmp_path / "changed")
        file = folder / "config_sentence_transformers.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | settings))
        return folder

    return change


def test_texts_and_pictures_come_out_as_from_sentence_transformers_itself(encoder, theirs):
    assert isinstance(encoder, Encoder) and encoder.modalities == ("image", "text")
    assert encoder.encode_texts(TEXTS) == pytest.approx(
        unit(theirs.encode_document(TEXTS)), abs=1e-6
    )
    assert encoder.encode_images(PICTURES) == pytest.approx(
        unit(theirs.encode_document(PICTURES)), abs=1e-6
    )
    assert encoder.card.dim == 8


def test_what_asks_stands_behind_the_query_prompt(encoder, theirs):
    asking = encoder.for_queries()
    assert asking.encode_texts(TEXTS) == pytest.approx(unit(theirs.encode_query(TEXTS)), abs=1e-6)
    assert np.abs(asking.encode_texts(TEXTS) - encoder.encode_texts(TEXTS)).max() > 0.05
    # The vectors of either are kept apart.
    assert asking.card.name == encoder.card.name
    assert asking.card.stored_as != encoder.card.stored_as


def test_the_record_tells_the_prompts_and_where_the_model_lies(encoder, small_clip):
    assert encoder.card.record == EncoderRecord(
        f"sentence-transformers:{small_clip}", "", "query : ", asks_apart=True
    )


def test_a_passage_prompt_stands_before_what_is_indexed(changed, theirs):
    folder = changed(prompts={"query": "find", "passage": "the dog "})
    encoder = load_encoder(f"sentence-transformers:{folder}", device="cpu")
    theirs = unit(theirs.encode(["the dog a red apple"]))
    assert encoder.encode_texts(["a red apple"]) == pytest.approx(theirs, abs=1e-6)


def test_a_model_without_prompts_asks_as_it_indexes(changed):
    encoder = load_encoder(f"sentence-transformers:{changed(prompts={})}", device="cpu")
    assert not encoder.card.record.asks_apart
    assert encoder.for_queries() is encoder


def test_a_recorded_prompt_stands_before_queries_whatever_the_model_says_now(encoder, theirs):
    asking = encoder.for_queries("find ")
    expected = unit(theirs.encode(["find a red apple"]))
    assert asking.encode_texts(["a red apple"]) == pytest.approx(expected, abs=1e-6)


def test_only_the_first_dimensions_are_taken_where_that_is_asked_for(small_clip, encoder):
    short = load_encoder(f"sentence-transformers:{small_clip}:dims-4", device="cpu")
    whole = encoder.encode_texts(TEXTS)
    assert short.encode_texts(TEXTS) == pytest.approx(unit(whole[:, :4]), abs=1e-6)
    assert short.card.dim == 4 and short.card.name == f"{encoder.card.name}:dims-4"
    with pytest.raises(GapvizError, match="has 8 dimensions, fewer than 9"):
        load_encoder(f"sentence-transformers:{small_clip}:dims-9", device="cpu")


def test_a_text_over_the_limit_is_refused_with_its_prompt_counted(encoder):
    assert encoder.card.text_limit == 16
    encoder.encode_texts(["dog " * 12])
    with pytest.raises(GapvizError, match="17 tokens, and the encoder reads 16"):
        encoder.encode_texts(["dog " * 13])


def test_a_caption_that_looks_like_the_address_of_a_picture_stays_a_text(
    encoder, tmp_path, monkeypatch
):
    Image.new("RGB", (8, 8), "red").save(tmp_path / "dog.png")
    monkeypatch.chdir(tmp_path)
    caption, same = encoder.encode_texts(["dog.png", "dog . png"])
    assert caption == pytest.approx(same, abs=1e-6)
    encoder.encode_texts(["http://localhost:1/dog.png", "data:image/png;base64,AAAA"])


def test_a_model_that_lacks_weights_is_refused_since_they_would_be_random(changed):
    from safetensors.torch import load_file, save_file

    folder = changed()
    weights = load_file(folder / "model.safetensors")
    del weights["visual_projection.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(GapvizError, match=r"lacks the weights of 1 .*visual_projection.weight"):
        load_encoder(f"sentence-transformers:{folder}", device="cpu")


def test_a_model_of_several_vectors_a_text_is_refused(changed):
    with pytest.raises(GapvizError, match="is a MultiVectorEncoder"):
        load_encoder(f"sentence-transformers:{changed(model_type='MultiVectorEncoder')}")


def test_a_model_without_a_transformer_reads_any_length(tmp_path, small_clip):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    words = Tokenizer.from_file(str(small_clip / "tokenizer.json"))
    model = SentenceTransformer(modules=[StaticEmbedding(words, embedding_dim=4)], device="cpu")
    model.save(str(tmp_path / "static"))
    encoder = load_any_encoder(f"sentence-transformers:{tmp_path / 'static'}", device="cpu")
    assert encoder.modalities == ("text",)
    assert encoder.encode_texts(["dog " * 100, "a cat"]).shape == (2, 4)


def test_a_folder_that_holds_no_model_or_is_not_there_is_told_apart(tmp_path):
    with pytest.raises(GapvizError, match="do not make a model of sentence-transformers"):
        load_any_encoder(f"sentence-transformers:{tmp_path}", device="cpu")
    with pytest.raises(GapvizError, match="there is no such folder"):
        load_any_encoder(f"sentence-transformers:{tmp_path / 'none'}", device="cpu")


def test_loading_prints_nothing(small_clip, capfd):
    load_encoder(f"sentence-transformers:{small_clip}", device="cpu")
    assert capfd.readouterr() == ("", "")


def test_a_model_of_texts_alone_is_no_dual_encoder():
    with pytest.raises(GapvizError, match="encodes texts alone"):
        load_encoder(f"sentence-transformers:{minilm_folder()}", device="cpu")


def test_dimensions_stand_behind_the_name():
    assert split_dims("/a/folder:dims-256") == ("/a/folder", 256)
    with pytest.raises(GapvizError, match="needs a dimension"):
        split_dims("ORG/NAME:dims-0")


def test_a_checkpoint_known_by_its_content_alone_cannot_be_asked(encoder, small_clip):
    assert not is_dual_encoder(encoder.card.name)
    assert is_dual_encoder(f"sentence-transformers:{small_clip}")
    assert is_dual_encoder("sentence-transformers:org/name:dims-64")


@pytest.fixture
def encoded(encoder, tmp_path, monkeypatch):
    """Six pictures with two captions each: the second ones only ask."""
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path / "cache"))
    items = []
    for number, words in enumerate(["apple", "house", "lake", "night", "dog", "cat"]):
        Image.new("RGB", (20 + number, 30), (40 * number, 0, 0)).save(tmp_path / f"{number}.png")
        items.append(Item(str(number), None, (f"a {words}", f"the {words}"), f"{number}.png"))
    bare = Collection("six", tuple(items), {}, root=tmp_path)
    return encode_collection(bare, encoder, decode_workers=0).collection


@pytest.fixture(scope="module")
def chat_model(tmp_path_factory):
    """The folder of a model of Qwen3-VL's kind, small: it takes everything as a chat."""
    import torch
    import transformers
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from tokenizers import Tokenizer, models, pre_tokenizers

    marks = ("<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>", "<pad>", "<?>")
    words = [
        *marks,
        *[
            "[",
            "]",
            "system",
            "user",
            "find",
            "represent",
            ":",
            "a",
            "the",
            "red",
            "apple",
            "night",
            "dog",
        ],
    ]
    made = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<?>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="<pad>", unk_token="<?>", model_max_length=64,
        additional_special_tokens=list(marks[:4]),
    )  # fmt: skip
    template = (
        "{% for one in messages %}[ {{ one.role }} : {% for part in one.content %}"
        "{% if part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
        "{% else %}{{ part.text }}{% endif %}{% endfor %} ] {% endfor %}"
    )
    patches = {"patch_size": 8, "temporal_patch_size": 2}
    processor = transformers.Qwen3VLProcessor(
        transformers.Qwen2VLImageProcessor(
            **patches, merge_size=2, size={"shortest_edge": 256, "longest_edge": 1024}
        ),
        tokenizer,
        transformers.Qwen3VLVideoProcessor(**patches, merge_size=2),
        chat_template=template,
    )
    small = {"intermediate_size": 16}
    config = transformers.Qwen3VLConfig(
        text_config={
            **small, "hidden_size": 32, "vocab_size": len(words), "num_hidden_layers": 1,
            "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16,
            "max_position_embeddings": 256, "pad_token_id": 4,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e4,
                                "mrope_section": [4, 2, 2], "mrope_interleaved": True},
        },
        vision_config={
            **small, **patches, "depth": 1, "hidden_size": 16, "num_heads": 2,
            "spatial_merge_size": 2, "out_hidden_size": 32, "num_position_embeddings": 64,
            "deepstack_visual_indexes": [0],
        },
        image_token_id=0, video_token_id=1, vision_start_token_id=2, vision_end_token_id=3,
    )  # fmt: skip
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("chat")
    transformers.Qwen3VLModel(config).save_pretrained(folder / "bare")
    processor.save_pretrained(folder / "bare")
    model = SentenceTransformer(
        modules=[Transformer(str(folder / "bare")), Pooling(32, "lasttoken")],
        prompts={"query": "find the", "document": "represent"},
        device="cpu",
    )
    model.save(str(folder / "saved"))
    return folder / "saved"


def test_a_model_that_takes_chats_answers_as_sentence_transformers_itself(chat_model):
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(chat_model), device="cpu")
    encoder = load_encoder(f"sentence-transformers:{chat_model}", device="cpu")
    asking = encoder.for_queries()
    for things, ours in ((TEXTS, "encode_texts"), (PICTURES, "encode_images")):
        indexed, asked = theirs.encode_document(things), theirs.encode_query(things)
        assert getattr(encoder, ours)(things) == pytest.approx(unit(indexed), abs=1e-6)
        assert getattr(asking, ours)(things) == pytest.approx(unit(asked), abs=1e-6)
        assert np.abs(unit(indexed) - unit(asked)).max() > 1e-3
    text = "a red apple"
    whole = theirs.preprocess([{"text": text}], prompt="represent")["input_ids"].shape[1]
    assert encoder.count_tokens(text) == whole
    with pytest.raises(GapvizError, match="by which the model means a picture"):
        encoder.encode_texts(["a <|image_pad|> dog"])


def test_captions_that_only_ask_are_encoded_as_queries(encoded, encoder):
    block = encoded.modality("text")
    assert block.vectors[0] == pytest.approx(encoder.encode_texts(["a apple"])[0], abs=1e-6)
    asked = encoder.for_queries().encode_texts(["the apple"])[0]
    assert block.query_only[1] and block.vectors[1] == pytest.approx(asked, abs=1e-6)
    again = encode_collection(encoded, encoder, decode_workers=0)
    assert (again.n_encoded, again.n_reused) == (0, 18)


def test_captions_that_are_all_indexed_are_all_documents(encoded, encoder):
    whole = encode_collection(encoded, encoder, indexed_captions="all", decode_workers=0)
    expected = encoder.encode_texts(["the apple"])[0]
    assert whole.collection.modality("text").vectors[1] == pytest.approx(expected, abs=1e-6)


def test_a_saved_collection_asks_with_its_prompt(encoded, encoder, tmp_path):
    from gapviz.analyses.search import image_query, text_query

    save_collection(encoded, tmp_path / "saved")
    back = load_collection(tmp_path / "saved", root=tmp_path)
    assert back.encoder_record == encoded.encoder_record
    asking = encoder.for_queries()
    typed = text_query(back, "a red apple")
    assert typed.vector == pytest.approx(asking.encode_texts(["a red apple"])[0], abs=1e-6)
    # A caption of the index knows its item, and asks as a query all the same.
    caption = text_query(back, "a lake")
    assert caption.item == 2
    assert caption.vector == pytest.approx(asking.encode_texts(["a lake"])[0], abs=1e-6)
    assert image_query(back, tmp_path / "3.png").item == 3


def test_a_folder_that_holds_another_model_by_now_is_not_asked(encoded, changed):
    record = EncoderRecord(f"sentence-transformers:{changed(prompts={})}", asks_apart=True)
    with pytest.raises(GapvizError, match="holds another model"):
        query_encoder(encoded.encoder, record, "text")
