"""Who is asking, and what they may see: `Viewer`, roles, and the sealed `Scope`.

A `Scope` is the key to data: every read takes one, and only `scope_of` makes one.
The seal is an HMAC over the scope's own content with a key that exists only in this
process, so a copied, edited or hand-made scope does not open anything.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Literal

Role = Literal["public", "viewer", "department", "analyst", "executive", "admin"]
ROLES: tuple[Role, ...] = ("public", "viewer", "department", "analyst", "executive", "admin")

SEES_ALL_DEPARTMENTS: frozenset[Role] = frozenset({"viewer", "analyst", "executive", "admin"})
SEES_CASE_TEXT: frozenset[Role] = frozenset({"department", "analyst", "executive", "admin"})

Action = Literal["annotate", "audit", "save_view", "administer"]
MAY: dict[Action, frozenset[Role]] = {
    "annotate": frozenset({"analyst", "executive", "admin"}),
    "audit": frozenset({"department", "analyst", "executive", "admin"}),
    "administer": frozenset({"admin"}),
    "save_view": frozenset({"viewer", "department", "analyst", "executive", "admin"}),
}
"""What may be written into Statroom's own database, and by whom. A department writes about itself only."""

_SEAL_KEY = secrets.token_bytes(32)


class AccessDenied(PermissionError):
    """The viewer may not ask this. The text is the same whether or not the thing exists."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """One person (or the anonymous public) behind one request."""

    id: str
    name: str
    role: Role
    departments: tuple[str, ...] = ()
    """Department ids a `department` viewer is limited to; empty means no rows at all."""


PUBLIC_VIEWER = Viewer(id="public", name="Resident", role="public")


@dataclass(frozen=True, slots=True)
class Scope:
    """What one viewer's reads are cut to. Made by `scope_of` only."""

    audience: Literal["staff", "public"]
    departments: tuple[str, ...] | None
    """None: all departments; a tuple: only these (an empty one: no rows)."""
    case_text: bool
    """Whether addresses and free text may be read."""
    seal: bytes

    def key(self) -> str:
        """Canonical text of the scope, for cache keys. Holds no secret."""
        return json.dumps([self.audience, self.departments, self.case_text], separators=(",", ":"))

    def __reduce__(self) -> None:
        raise TypeError("A scope is never stored or sent: resolve the viewer again instead.")


def scope_of(viewer: Viewer) -> Scope:
    """The scope of `viewer`.

    Raises:
        AccessDenied: if the role is not one of `ROLES`.
    """
    if viewer.role not in ROLES:
        raise AccessDenied("This is not open to you.")
    audience: Literal["staff", "public"] = "public" if viewer.role == "public" else "staff"
    everywhere = audience == "public" or viewer.role in SEES_ALL_DEPARTMENTS
    departments = None if everywhere else tuple(sorted(set(viewer.departments)))
    return _sealed(audience, departments, viewer.role in SEES_CASE_TEXT)


def permit(viewer: Viewer, action: Action) -> None:
    """Let `viewer` go on if the role may do `action`.

    Raises:
        AccessDenied: it may not.
    """
    if viewer.role not in MAY[action]:
        raise AccessDenied("Your account may look at this but not change it.")


def is_sealed(scope: object) -> bool:
    """Whether `scope` was made by `scope_of` in this process and not altered since."""
    return type(scope) is Scope and isinstance(scope.seal, bytes) and hmac.compare_digest(scope.seal, _seal(scope.key()))


def _sealed(audience: Literal["staff", "public"], departments: tuple[str, ...] | None, case_text: bool) -> Scope:
    unsealed = Scope(audience, departments, case_text, b"")
    return Scope(audience, departments, case_text, _seal(unsealed.key()))


def _seal(text: str) -> bytes:
    return hmac.new(_SEAL_KEY, text.encode(), hashlib.sha256).digest()
