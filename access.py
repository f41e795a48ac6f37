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

Fields = Literal["address", "case_text", "staff_names"]
READS: dict[Fields, frozenset[Role]] = {
    "address": frozenset({"department", "analyst", "executive", "admin"}),
    "case_text": frozenset({"department", "analyst", "executive", "admin"}),
    "staff_names": frozenset({"department", "executive", "admin"}),
}
"""Groups of columns about a single case that not everybody may read, and by whom; `data_access.mart.schema` says which columns they are."""

Action = Literal[
    "annotate",
    "audit",
    "commit",
    "answer_commitment",
    "save_view",
    "administer",
    "run_meeting",
    "propose_target",
    "decide_target",
    "write_packet",
    "subscribe",
    "remark",
    "answer_remark",
    "look_at_sources",
    "map_source",
    "decide_load",
]
MAY: dict[Action, frozenset[Role]] = {
    "annotate": frozenset({"analyst", "executive", "admin"}),
    "audit": frozenset({"department", "analyst", "executive", "admin"}),
    "commit": frozenset({"analyst", "executive", "admin"}),
    "answer_commitment": frozenset({"department", "analyst", "executive", "admin"}),
    "administer": frozenset({"admin"}),
    "run_meeting": frozenset({"analyst", "executive", "admin"}),
    "propose_target": frozenset({"department", "analyst", "executive", "admin"}),
    "decide_target": frozenset({"executive", "admin"}),
    "write_packet": frozenset({"analyst", "executive", "admin"}),
    "remark": frozenset({"department", "analyst", "executive", "admin"}),
    "answer_remark": frozenset({"analyst", "executive", "admin"}),
    "look_at_sources": frozenset({"analyst", "admin"}),
    "map_source": frozenset({"admin"}),
    "decide_load": frozenset({"admin"}),
    "save_view": frozenset({"viewer", "department", "analyst", "executive", "admin"}),
    "subscribe": frozenset({"viewer", "department", "analyst", "executive", "admin"}),
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
    districts: tuple[str, ...] = ()
    """Ids of areas of the city's first layer that a `department` viewer is limited to; empty means the whole city."""
    programmes: tuple[str, ...] = ()
    """Ids of programmes that a `department` viewer is limited to; empty means all of them."""


PUBLIC_VIEWER = Viewer(id="public", name="Resident", role="public")


@dataclass(frozen=True, slots=True)
class Scope:
    """What one viewer's reads are cut to. Made by `scope_of` only."""

    audience: Literal["staff", "public"]
    departments: tuple[str, ...] | None
    """None: all departments; a tuple: only these (an empty one: no rows)."""
    districts: tuple[str, ...] | None
    """None: the whole city; a tuple: only cases in these areas of the first layer."""
    programmes: tuple[str, ...] | None
    """None: all programmes; a tuple: only cases of these."""
    fields: tuple[Fields, ...]
    """The groups of columns that may be read, in the order of their names."""
    seal: bytes

    def may_read(self, fields: Fields) -> bool:
        """Whether this group of columns may be read."""
        return fields in self.fields

    @property
    def is_part(self) -> bool:
        """Whether departments are seen in part: what is said of whole departments says more than this scope may know."""
        return self.districts is not None or self.programmes is not None

    def key(self) -> str:
        """Canonical text of the scope, for cache keys. Holds no secret."""
        return json.dumps([self.audience, self.departments, self.districts, self.programmes, self.fields], separators=(",", ":"))

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
    districts = None if everywhere or not viewer.districts else tuple(sorted(set(viewer.districts)))
    programmes = None if everywhere or not viewer.programmes else tuple(sorted(set(viewer.programmes)))
    fields = tuple(sorted(group for group, roles in READS.items() if viewer.role in roles))
    unsealed = Scope(audience, departments, districts, programmes, fields, b"")
    return Scope(audience, departments, districts, programmes, fields, _seal(unsealed.key()))


def permit(viewer: Viewer, action: Action) -> None:
    """Let `viewer` go on if the role may do `action`.

    Raises:
        AccessDenied: it may not.
    """
    if viewer.role not in MAY[action]:
        if action == "look_at_sources":
            raise AccessDenied("Where the data come from is open to analysts and administrators.")
        raise AccessDenied("Your account may look at this but not change it.")


def is_sealed(scope: object) -> bool:
    """Whether `scope` was made by `scope_of` in this process and not altered since."""
    return type(scope) is Scope and isinstance(scope.seal, bytes) and hmac.compare_digest(scope.seal, _seal(scope.key()))


def _seal(text: str) -> bytes:
    return hmac.new(_SEAL_KEY, text.encode(), hashlib.sha256).digest()
