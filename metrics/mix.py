"""Why a share changed between two periods: other work (mix), or the same work done better or worse (performance)."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from metrics.compare import Side, mix_and_rate, mix_parts
from metrics.measure import measure
from metrics.select import Asked

SAID_FROM = 0.01
"""A mix effect larger than this (one point) is said aloud: the change of the total misleads without it."""


@dataclass(frozen=True)
class Split:
    """The share on time of two periods and what its change is made of. Shares and differences of shares, none rounded."""

    before: float
    n_before: float
    after: float
    n_after: float
    change: float
    mix: float
    """What the change would be had each type stayed as it was, and only the mix of types had changed."""
    rate: float
    """What it would be had the mix stayed, and only the types' own shares had changed."""
    at_former_mix: float
    """The later share with the earlier mix of types; a type absent in the later period counts with its earlier share."""
    types: pd.DataFrame
    """One row for each type, most moving first: `key`, `label`, `n_before`, `value_before`, `n`, `value`, `mix`, `rate`, `total`."""

    @property
    def is_said(self) -> bool:
        return abs(self.mix) > SAID_FROM


def on_time_split(asked: Asked, days: int) -> Split | None:
    """The question's period against the one `days` earlier, by request type; None where no case fell due in one of them."""
    later, earlier = (
        measure("ontime_due", about, by="request_type").frame.set_index("key") for about in (asked, asked.about(asked.question.shifted(days)))
    )  # fmt: skip
    after, before = _side(later), _side(earlier)
    parts, sums = mix_parts(before, after), mix_and_rate(before, after)
    if parts is None or sums is None:
        return None
    types = pd.DataFrame(
        [(key, *part, sum(part)) for key, part in parts.items()], columns=["key", "mix", "rate", "total"]
    ).assign(
        label=lambda made: [(later if key in later.index else earlier)["label"][key] for key in made["key"]],
        n_before=lambda made: [before.get(key, (0.0, 0.0))[0] for key in made["key"]],
        value_before=lambda made: [before[key][1] if key in before else float("nan") for key in made["key"]],
        n=lambda made: [after.get(key, (0.0, 0.0))[0] for key in made["key"]],
        value=lambda made: [after[key][1] if key in after else float("nan") for key in made["key"]],
    )  # fmt: skip
    types = types.assign(size=types["mix"].abs() + types["rate"].abs()).sort_values(
        ["size", "label"], ascending=[False, True], ignore_index=True
    )
    n_before, n_after = (sum(n for n, _ in side.values()) for side in (before, after))
    p_before, p_after = (sum(n * share for n, share in side.values()) / n for side, n in ((before, n_before), (after, n_after)))
    former = sum(n * after.get(key, (0.0, share))[1] for key, (n, share) in before.items()) / n_before
    return Split(p_before, n_before, p_after, n_after, *sums, former, types.drop(columns="size"))


def _side(frame: pd.DataFrame) -> Side:
    known = frame[frame["n"] > 0]
    return dict(zip(known.index, zip(known["n"], known["value"], strict=True), strict=True))
