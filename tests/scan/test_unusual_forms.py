"""Forms in which people name models that are not the first one thinks of; each is one file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from llmreg.scan.search import search

if TYPE_CHECKING:
    from pathlib import Path

FORMS = {
    "a loop over a list": (
        "a.py",
        'for name in ["a-x/b-7b", "c-x/d-7b"]:\n    AutoModel.from_pretrained(name)\n',
        ["a-x/b-7b", "c-x/d-7b"],
    ),
    "a table of choices": ("a.py", 'MODELS = {"small": "a-x/b-1b", "large": "a-x/b-7b"}\n', ["a-x/b-1b", "a-x/b-7b"]),
    "a sum of texts": ("a.py", 'OWNER = "a-x/"\nm = AutoModel.from_pretrained(OWNER + "b-7b")\n', ["a-x/b-7b"]),
    "text next to text": ("a.py", 'm = AutoModel.from_pretrained("a-x/" "b-7b")\n', ["a-x/b-7b"]),
    "format": ("a.py", 'OWNER = "a-x"\nm = AutoModel.from_pretrained("{}/{}".format(OWNER, "b-7b"))\n', ["a-x/b-7b"]),
    "percent": ("a.py", 'm = AutoModel.from_pretrained("%s/b-7b" % "a-x")\n', ["a-x/b-7b"]),
    "join": ("a.py", 'm = AutoModel.from_pretrained("/".join(["a-x", "b-7b"]))\n', ["a-x/b-7b"]),
    "or": ("a.py", 'm = AutoModel.from_pretrained(args.path or "a-x/b-7b")\n', ["a-x/b-7b"]),
    "a condition": (
        "a.py",
        'm = AutoModel.from_pretrained("a-x/b-7b" if big else "a-x/b-1b")\n',
        ["a-x/b-1b", "a-x/b-7b"],
    ),
    "a walrus": ("a.py", 'if (model_id := "a-x/b-7b"):\n    pass\n', ["a-x/b-7b"]),
    "getattr": ("a.py", 'm = getattr(args, "model", "a-x/b-7b")\n', ["a-x/b-7b"]),
    "an environment variable that is set": ("a.py", 'os.environ["MODEL_ID"] = "a-x/b-7b"\n', ["a-x/b-7b"]),
    "an attribute": (
        "a.py",
        'class C:\n    name = "a-x/b-7b"\n    def f(self):\n        return AutoModel.from_pretrained(self.name)\n',
        ["a-x/b-7b"],
    ),
    "an alias of an import": (
        "a.py",
        'from sentence_transformers import SentenceTransformer as S\ns = S("b-7b")\n',
        ["b-7b"],
    ),
    "click": (
        "a.py",
        '@click.option("--model", default="a-x/b-7b", show_default=True)\ndef f(model): ...\n',
        ["a-x/b-7b"],
    ),
    "absl": ("a.py", 'flags.DEFINE_string("model_name", "a-x/b-7b", "which")\n', ["a-x/b-7b"]),
    "a lambda": ("a.py", 'f = lambda model="a-x/b-7b": model\n', ["a-x/b-7b"]),
    "nested tables": (
        "a.py",
        'cfg = DictDefault({"datasets": [{"path": "a-x/rows", "type": "alpaca"}]})\n',
        ["a-x/rows"],
    ),
    "dict()": ("a.py", 'cfg = dict(model=dict(name="a-x/b-7b"))\n', ["a-x/b-7b"]),
    "a command that code runs": (
        "a.py",
        'subprocess.run(["ollama", "pull", "llama3.1:8b"])\nos.system("vllm serve a-x/b-7b")\n',
        ["a-x/b-7b", "llama3.1:8b"],
    ),
    "a request to Ollama": (
        "a.py",
        'requests.post("http://localhost:11434/api/chat", json={"model": "llama3"})\n',
        ["llama3"],
    ),
    "several providers": (
        "a.py",
        'completion(model="ollama/llama3")\ncompletion(model="huggingface/a-x/b-7b")\n',
        ["a-x/b-7b", "llama3"],
    ),
    "an address of a file": (
        "a.py",
        'URL = "https://huggingface.co/a-x/b-7b/resolve/main/model.safetensors"\n',
        ["a-x/b-7b"],
    ),
    "a selectbox": ("a.py", 'm = st.selectbox("Model", ["a-x/b-7b", "a-x/b-1b"])\n', ["a-x/b-1b", "a-x/b-7b"]),
    "a comprehension": ("a.py", 'x = [pipeline("ner", model=m) for m in ("a-x/b-7b",)]\n', ["a-x/b-7b"]),
    "code that does not parse": ("a.py", 'print "x"\nm = from_pretrained("a-x/b-7b")\n', ["a-x/b-7b"]),
    "a cell that does not parse": (
        "a.ipynb",
        '{"cells": [{"cell_type": "code", "source": "this is no code"}, {"cell_type": "code", "source": "x = AutoModel.from_pretrained(\'a-x/b-7b\')"}]}',
        ["a-x/b-7b"],
    ),
    "a cell for the shell": (
        "a.ipynb",
        '{"cells": [{"cell_type": "code", "source": "%%bash\\nhf download a-x/b-7b"}]}',
        ["a-x/b-7b"],
    ),
    "a workflow": (
        "w.yml",
        "jobs:\n  x:\n    steps:\n      - run: |\n          pip install x\n          # vllm serve no/no-7b\n          vllm serve a-x/b-7b\n",
        ["a-x/b-7b"],
    ),
    "a template of Helm": ("t.yaml", "{{- if .Values.x }}\nmodel: a-x/b-7b\n{{- end }}\n", ["a-x/b-7b"]),
    "Terraform": ("m.tf", 'resource "x" "y" {\n  model_id = "a-x/b-7b"\n}\n', ["a-x/b-7b"]),
    "an ini file": ("x.ini", "[llm]\nmodel_name = a-x/b-7b\n", ["a-x/b-7b"]),
    "JSON with comments": ("x.jsonc", '{// which\n "model": "a-x/b-7b",}\n', ["a-x/b-7b"]),
    "arguments in one": ("r.sh", "lm_eval --model hf --model_args pretrained=a-x/b-7b,dtype=float16\n", ["a-x/b-7b"]),
    "a request by curl": ("r.sh", 'curl localhost:8000/v1 -d \'{"model": "a-x/b-7b"}\'\n', ["a-x/b-7b"]),
    "wget": ("r.sh", "wget https://huggingface.co/a-x/b-7b/resolve/main/b.gguf\n", ["a-x/b-7b"]),
    "git": ("r.sh", "git clone https://huggingface.co/datasets/a-x/rows\n", ["a-x/rows"]),
    "Rust": ("m.rs", 'let repo = api.model("a-x/b-7b".to_string());\n', ["a-x/b-7b"]),
    "Go": ("m.go", 'const Model = "a-x/b-7b"\n', ["a-x/b-7b"]),
    "a page": (
        "i.html",
        "<p>don't</p><script>\nconst p = await pipeline('ner', 'a-x/b-7b');\n</script>\n",
        ["a-x/b-7b"],
    ),
    "two documents, one of them not YAML": ("x.yaml", "model: a-x/b-7b\n---\n\t{{ x }}\n", ["a-x/b-7b"]),
}


@pytest.mark.parametrize(("name", "text", "ids"), FORMS.values(), ids=list(FORMS))
def test_unusual_form_is_found(name: str, text: str, ids: list[str], tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    found = {mention.id for mention in search([tmp_path]).mentions if mention.strict}
    assert sorted(found) == ids


NOTHING = {
    "a path": ("a.py", 'model_path = "runs/best"\n'),
    "a media type": ("a.py", 'model = "image/png"\n'),
    "a placeholder": ("a.py", 'model = "your-username/your-model-name"\n'),
    "an image of a container": ("c.yaml", "image: vllm/vllm-openai:v0.6\n"),
    "a package": ("x.ts", 'import { x } from "@scope/model-kit";\nimport y from "lodash/fp";\n'),
    "an action": ("w.yml", "steps:\n  - uses: actions/checkout@v4\n"),
    "documentation": ("a.py", 'def f():\n    """Load a-x/b-7b with from_pretrained."""\n'),
    "a comment": ("a.py", '# AutoModel.from_pretrained("a-x/b-7b")\nrepo_id = None\n'),
    "a builder of data sets": ("a.py", 'load_dataset("parquet", data_files="x")\n'),
    "a page of the Hub": (
        "a.py",
        'url = "https://huggingface.co/docs/hub/index"\nmodel = "https://huggingface.co/papers/2305.14314"\n',
    ),
    "a file that lies there": ("a.py", 'model = "weights-x/b-7b"\n'),
    "words": ("c.yaml", "description: models such as and/or\nmodel: none of these\n"),
}


@pytest.mark.parametrize(("name", "text"), NOTHING.values(), ids=list(NOTHING))
def test_what_names_no_model_is_not_found(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "weights-x" / "b-7b").mkdir(parents=True)
    assert [mention.id for mention in search([tmp_path]).mentions if mention.strict] == []


def test_a_name_in_a_notebook_is_placed_in_the_code_and_not_in_the_words_before_it(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["We load a-x/b-7b.\n", "It is small."]},
        {"cell_type": "code", "source": ["# a-x/b-7b\n", "m = AutoModel.from_pretrained('a-x/b-7b')  # ä"]},
    ]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}, indent=1))
    (found,) = search([tmp_path]).mentions
    line = (tmp_path / "a.ipynb").read_text().splitlines()[found.line - 1]
    assert "from_pretrained" in line
    assert line[found.column - 1 :].startswith("a-x/b-7b")
