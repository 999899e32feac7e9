"""Push files to a repository of one's own, in one commit: it is there whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError, UsageError
from llmreg.hub.http import ElsewhereError, TooMuchError, exchange, hub_headers, raise_for_status
from llmreg.hub.network import online, unreached
from llmreg.hub.words import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

RECORD = "run.json"
"""The file by which a repository is known to hold an earlier push."""
_EMPTY = {".gitattributes"}
"""What the Hub itself puts into a new repository."""
_FORMLESS = (JSONDecodeError, LookupError, TypeError, AttributeError, RecursionError)
_MOST, _SECONDS = 2**24, 60
"""Bytes of a `run.json` that are taken, and how long it may take to arrive."""


@dataclass(frozen=True)
class Pushed:
    """Where files went."""

    repository: str
    commit: str
    url: str


def full_name(name: str) -> str:
    """Give `owner/name`, the owner being whose token is in use where none is said; raise `UsageError` for no name."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HFValidationError, HTTPError  # type: ignore[attr-defined]
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(name)
    except HFValidationError as error:
        raise UsageError(f"--repo takes OWNER/NAME, not {name!r}: {error}") from None
    if "/" in name:
        return name
    try:
        with online():
            owned = f"{HfApi().whoami()['name']}/{name}"
            validate_repo_id(owned)
            return owned
    except HTTPError as error:
        raise _explain(error, name) from None
    except (HFValidationError, *_FORMLESS) as error:
        raise _formless(error, name) from None


def push(
    name: str, files: Mapping[str, Path | bytes], *, private: bool, ours: Callable[[bytes], bool], message: str
) -> Pushed:
    """Make the repository unless it is there, and commit the files to it.

    One that holds other things is left alone: it must be new, or hold a `run.json` that `ours` says yes to. Large files
    go first and are not sent again when a push that broke off is repeated. Raises `LlmregError` where the Hub refuses.
    """
    from huggingface_hub import CommitOperationAdd, HfApi
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

    api = HfApi()
    contents = {path: content if isinstance(content, bytes) else str(content) for path, content in files.items()}
    operations = [CommitOperationAdd(path_in_repo=path, path_or_fileobj=contents[path]) for path in sorted(contents)]
    try:
        with online():
            api.create_repo(name, private=private or None, exist_ok=True)
            _check_ours(api, name, private, ours)
            done = api.create_commit(name, operations, commit_message=message)
            # Where nothing has changed the answer may name no new commit, so the Hub is asked which one it is.
            commit = api.model_info(name).sha or done.oid
    except (ElsewhereError, TooMuchError) as error:
        raise LlmregError(
            f"the {RECORD} of {name} does not tell what it holds (the Hub sends {error}); nothing was sent: name a new "
            "repository with --repo OWNER/NAME"
        ) from None
    except HTTPError as error:
        raise _explain(error, name) from None
    except _FORMLESS as error:
        raise _formless(error, name) from None
    except RuntimeError as error:  # huggingface_hub's own around what went wrong with one file
        if not isinstance(error.__cause__, HTTPError):
            raise
        raise _explain(error.__cause__, name) from None
    except ValueError as error:  # what the Hub finds wrong with the card's metadata
        raise LlmregError(f"the Hub does not take the card of {name}: {shown(str(error))}") from None
    return Pushed(name, shown(commit), f"{api.endpoint}/{name}")


def _check_ours(api: Any, name: str, private: bool, ours: Callable[[bytes], bool]) -> None:
    info = api.model_info(name)
    if private and not info.private:
        raise LlmregError(f"{name} is public already, and --private does not change that; name another with --repo")
    there = {sibling.rfilename for sibling in info.siblings or ()}
    if there <= _EMPTY or (RECORD in there and ours(_content(name, RECORD))):
        return
    raise LlmregError(
        f"{name} holds other files ({shown(', '.join(sorted(there - _EMPTY)[:3]))}) and no earlier push of this run; "
        "nothing was sent: name a new repository with --repo OWNER/NAME"
    )


def _content(name: str, path: str) -> bytes:
    from huggingface_hub import constants, hf_hub_url

    url = hf_hub_url(name, path, endpoint=constants.ENDPOINT)
    response = exchange("GET", url, headers=hub_headers(), seconds=_SECONDS, most=_MOST)
    raise_for_status(response)
    return bytes(response.content)


def _formless(error: Exception, name: str) -> LlmregError:
    """Report an answer on which huggingface_hub itself stumbled."""
    from huggingface_hub import constants

    return LlmregError(
        f"{constants.ENDPOINT} answered in no form that is known while {name} was pushed ({type(error).__name__}); "
        "check HF_ENDPOINT"
    )


def _explain(error: Exception, name: str) -> LlmregError:
    from huggingface_hub import constants, get_token
    from huggingface_hub.errors import HfHubHTTPError

    again = "repeat the command: what has arrived is not sent again"
    if not isinstance(error, HfHubHTTPError):
        return LlmregError(
            f"{constants.ENDPOINT} cannot be reached to push {name} ({unreached(error)}); check the network and {again}"
        )
    status = error.response.status_code
    if status in (401, 403):
        return LlmregError(
            f"the Hub does not let {name} be written (HTTP {status}); set HF_TOKEN to a token with write access to it "
            f"(or run `hf auth login`), and {again}"
        )
    if status == 404:
        return LlmregError(f"the Hub knows no owner of {name}, or not with this token (HTTP 404); correct --repo")
    reason = f": {shown(error.server_message, get_token())}" if error.server_message else ""
    return LlmregError(f"the Hub failed while {name} was pushed (HTTP {status}{reason}); {again}")
