from transformers import AutoModel


def test_load():
    assert AutoModel.from_pretrained("facebook/opt-125m")
