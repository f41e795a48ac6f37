"""What Open311 answers as JSON or XML: lists of records of one depth, and the few that go deeper."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import orjson
from flask import Response, request

JSON, XML = "application/json; charset=utf-8", "text/xml; charset=utf-8"
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that no XML document may hold."""
PARTS = {"endpoints": "endpoint", "formats": "format", "attributes": "attribute"}
"""What one part of a list within a record is called."""


class NotFound(Exception):
    """There is nothing of that name."""


def shown_as() -> str:
    """`json` or `xml`: what the address ends in, else what the caller would rather have."""
    named = (request.view_args or {}).get("form") or request.path.rpartition(".")[2]
    if named in ("json", "xml"):
        return named
    return "xml" if request.accept_mimetypes.best_match(["application/json", "text/xml"], "application/json") == "text/xml" else "json"


def document(root: str, item: str, content: Any, code: int = 200) -> Response:
    """`content` (a record, or with `item` a list of records) in the form that was asked for.

    In XML `root` holds one `item` for each; in JSON the list stands alone, and a record too.
    """
    if shown_as() == "json":
        answer = Response(orjson.dumps(content), status=code, content_type=JSON)
    else:
        tree = _element(root, {item: content} if item else content)
        answer = Response(ElementTree.tostring(tree, encoding="utf-8", xml_declaration=True), status=code, content_type=XML)
    answer.vary.add("Accept")
    return answer


def _element(name: str, content: Any) -> ElementTree.Element:
    made = ElementTree.Element(name)
    if isinstance(content, dict):
        for key, value in content.items():
            if not isinstance(value, list):
                made.append(_element(key, value))
            elif key in PARTS:
                made.append(_element(key, {PARTS[key]: value}))
            else:
                made.extend(_element(key, one) for one in value)
    elif content is not None:
        text = ("true" if content else "false") if isinstance(content, bool) else str(content)
        made.text = NOT_XML.sub("", text)
    return made
