"""Write a prompt template as the chat template that tokenizers carry, in Jinja."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from llmreg.catalog.faults import words_for
from llmreg.errors import LlmregError
from llmreg.reproduce.stored import TEMPLATE
from llmreg.schema import Template

if TYPE_CHECKING:
    from pathlib import Path

_INPUTS = ("{input}", "{text}")


def stored_template(folder: Path) -> Template | None:
    """Return the template next to weights, if there is one; raise `LlmregError` where it cannot be read."""
    path = folder / TEMPLATE
    if not path.is_file():
        return None
    try:
        return Template.model_validate_json(path.read_bytes())
    except ValidationError as error:
        fault = words_for(error.errors()[0])
        raise LlmregError(f"{path} is no template of llmreg: {fault}; restore it from a copy, or take it out") from None


def chat_template(template: Template) -> str | None:
    """Give Jinja that writes a conversation byte for byte as training saw it; None where messages cannot fill it.

    Messages are `system` (the first, if any), then `user` and `assistant` in turn. A template of whole texts, or one
    that has a place for an input beside the instruction and no form without, cannot be filled from messages alone.
    """
    prompt = template.prompt if template.prompt_without_input is None else template.prompt_without_input
    if any(name in prompt for name in _INPUTS) or prompt.count("{instruction}") != 1:
        return None
    if template.response.count("{output}") != 1:
        return None
    before, _, after = prompt.partition("{instruction}")
    opening, _, closing = template.response.partition("{output}")
    end = "{{ eos_token }}" if template.end_token else ""
    space = template.system[len(template.system.rstrip()) :]
    lines = [
        "{% if messages[0]['role'] == 'system' %}",
        f"{{{{ messages[0]['content'] }}}}{_text(space)}",
        "{% set turns = messages[1:] %}{% else %}",
        f"{_text(template.system)}{{% set turns = messages %}}{{% endif %}}",
        "{% for message in turns %}{% if message['role'] == 'user' %}",
        f"{_text(before)}{{{{ message['content'] }}}}{_text(after)}",
        "{% else %}",
        f"{_text(opening)}{{{{ message['content'] }}}}{_text(closing)}{end}{_text(template.turn_end)}",
        "{% endif %}{% endfor %}",
        # What opens an answer is asked for without its last space, which belongs to the answer's first token.
        f"{{% if add_generation_prompt %}}{_text(opening.rstrip())}{{% endif %}}" if opening.strip() else "",
    ]
    return ("{{ bos_token }}" if template.begin_token else "") + "".join(lines)


def _text(text: str) -> str:
    """Give a Jinja expression for a fixed text; Jinja reads Python's escapes."""
    return f"{{{{ {text!a} }}}}" if text else ""
