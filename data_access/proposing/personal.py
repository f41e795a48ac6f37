"""Columns that say who somebody is, how to reach them, or what they wrote: never proposed to be read, told by name or by content."""

from __future__ import annotations

import re

import pandas as pd

from data_access.proposing.names import plain_name

BY_NAME: tuple[tuple[str, str], ...] = (
    (r"\b(e ?mail|email address|mail address|correo)\b|email", "e-mail addresses"),
    (r"\b(phone|telephone|mobile( number)?|cell( phone)?|fax|tel|telefono)\b(?! os)|phone\d*$", "telephone numbers"),
    (r"\b(ssn|social security|tax id|national id|passport|drivers? licen[cs]e|licen[cs]e plate|plate|taxpayer|vin)\b", "identity numbers"),
    (r"\b(dob|birth|birthday|birthdate|date of birth|age|gender|sex|race|ethnicity)\b", "facts about a person"),
    (
        # On its own a "name" may be anybody's or a park's: its values tell. "Contact method" is how a case came in.
        r"\b(requestor|tenant|landlord|spouse|victim|witness|patient|signature|nombre|apellidos?|vorname|nachname|prenom)\b|(?<!first )(?<!last )(?<!initial )\bcontact( info| information| details| person)?$|"
        r"\b(reported|submitted|requested) by( (user|person|id))?$|^([fl] ?name|(first|last) nm)$|^(cust|customer|owner|contact|requestor|requester|caller)(name|nm)$|\bcust name\b",
        "names of people",
    ),
    (
        r"\b(first|last|full|middle|sur|given|family|user|requester|reporter|constituent|contact|citizen|customer|caller|resident|owner|applicant|complainant|inspector|"
        r"submitter|person|employee|assignee|opened by|created by|closed by|entered by)( \w+)? names?\b|\b(surname|firstname|lastname|fullname|username|nickname)\b",
        "names of people",
    ),
    (r"\b(requester|reporter|constituent|citizen|caller|complainant|applicant|customer|submitter|assignee)$", "names of people"),
    (
        r"\b(requester|requestor|reporter|caller|complainant|applicant|owner|contact|customer|constituent|resident|home|mailing|billing)( \w+)? address\b",
        "addresses of people",
    ),
    (r"\b(photo|image|picture|attachment|media url|submittedphoto|closedphoto)\b", "photographs"),
    (r"\b(ip address|user agent|device id|session)\b", "traces of a device"),
)
"""(pattern of a plain name, what such a column holds)."""
BODIES = r"\b(agency|department|type|service|street|district|area|neighborhood|neighbourhood|ward|city|queue|team|category|measure|program|park|road|place|unit)\b"
"""What has a name and is no person."""
FREE_TEXT = r"\b(description|comments?|notes?|details?|remarks?|narrative|message|body|text|title|case title|resolution description|closure note|question|memo|activity)\b"
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
PHONE = re.compile(r"^\s*(\+?\d{1,3}[ .-]?)?(\(\d{2,4}\)|\d{3})[ .-]?\d{3}[ .-]\d{4}\s*$|^\s*\d{3}-\d{4}\s*$|^\s*\+\d[\d ()-]{8,}\s*$")
SSN = re.compile(r"^\s*\d{3}-\d{2}-\d{4}\s*$")
REACHED = re.compile(rf"{EMAIL.pattern}|(?<!\d)(?:\+?1[ .-]?)?(?:\(\d{{3}}\) ?|\d{{3}}[ .-])\d{{3}}[ .-]\d{{4}}(?!\d)")
"""An address or a number anywhere in a text."""
PERSON = re.compile(r"^[A-Z][a-z'-]+ ([A-Z]\. )?[A-Z][A-Za-z'-]+$")
PLACE = re.compile(
    r"\d|\b(st|street|ave|avenue|av|rd|road|blvd|dr|ln|lane|ct|pl|way|pkwy|park|school|library|center|church|house|square|district|department|office)\b",
    re.I,
)
FIRST_NAMES = frozenset(
    "james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony steven paul andrew joshua kenneth kevin brian "
    "george timothy ronald edward jason jeffrey ryan jacob gary nicholas eric jonathan stephen larry justin scott brandon benjamin samuel gregory alexander "
    "patrick raymond jose juan carlos luis miguel jorge pedro ahmed mohammed ali wei mary patricia jennifer linda barbara susan jessica sarah karen lisa nancy betty "
    "sandra margaret ashley kimberly emily donna michelle carol amanda melissa deborah stephanie rebecca laura sharon cynthia kathleen amy angela shirley anna "
    "brenda pamela emma nicole helen samantha katherine christine debra rachel carolyn janet maria olivia heather diane julie joyce victoria kelly christina "
    "joan evelyn lauren judith ana carmen rosa fatima anne ann peter tom tim jim bob mike steve dave joe dan ben sam kate lucy eva sue kim".split()
)
"""Enough of the commonest to tell a column of people from one of streets or services."""
NAMED_SHARE, FEWEST_NAMED = 0.3, 5
STREET = re.compile(r"^\s*\d+[-\w]* \S+.*\b(st|street|ave|avenue|rd|road|blvd|dr|drive|ln|lane|ct|court|pl|place|way|pkwy|hwy)\b", re.I)
LOOKED_AT = 500
MANY = 0.2


def personal(column: str, values: pd.Series) -> str | None:
    """What of people `column` holds, as a plural noun; None if nothing was seen.

    Args:
        values: some of its values, as text, without nulls.
    """
    told = by_name(column)
    if told is not None:
        return told
    some = values.drop_duplicates().head(LOOKED_AT)
    if some.empty:
        return None
    for pattern, what in ((EMAIL, "e-mail addresses"), (PHONE, "telephone numbers"), (SSN, "identity numbers")):
        if some.map(lambda value, pattern=pattern: bool(pattern.search(value))).mean() >= MANY:
            return what
    reached = some.map(lambda value: bool(REACHED.search(value))).mean()
    if is_free_text(column, some) or (reached > 0 and re.search(FREE_TEXT, plain_name(column))) or reached >= 0.05:
        return "free text, which may say anything of anybody"
    return "names of people" if _are_people(plain_name(column), some) else None


def by_name(column: str) -> str | None:
    """What of people a column holds, told from its name alone: so that its values need not be read to know it."""
    said = plain_name(column)
    for pattern, what in BY_NAME:
        if re.search(pattern, said) and not (what == "names of people" and re.search(BODIES, said)):
            return what
    return None


def is_free_text(column: str, some: pd.Series) -> bool:
    """Whether people wrote what they liked: long, mostly different sentences, or a name that says so."""
    if some.empty:
        return False
    words = some.str.count(r"\s+") + 1
    long = float(words.mean())
    differs = len(some) >= 30
    named = bool(re.search(FREE_TEXT, plain_name(column)))
    streets = some.map(lambda value: bool(STREET.search(value))).mean()
    if streets >= 0.5 or some.str.startswith(("{", "(", "POINT")).mean() >= 0.5:
        return False
    return (named and differs and long >= 3) or (differs and len(some) >= 100 and long >= 8)


def _are_people(said: str, some: pd.Series) -> bool:
    """Hundreds of "First Last" in a column whose name is no type, area or street; or, however few, those with names that many people have."""
    if re.search(BODIES, said):
        return False
    known = some.map(_has_first_name)
    if known.mean() >= NAMED_SHARE and known.sum() >= FEWEST_NAMED:
        return True
    if re.search(r"\b(address|subject|reason|name)\b", said):
        return False
    return len(some) >= 200 and some.map(lambda value: bool(PERSON.match(value))).mean() >= 0.8


def _has_first_name(value: str) -> bool:
    words = re.findall(r"[^\W\d_]+", value.lower())
    return 2 <= len(words) <= 4 and not PLACE.search(value) and not FIRST_NAMES.isdisjoint(words)
