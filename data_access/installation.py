"""Several cities in one installation: which there are, and the environment of each one's processes.

A process serves one city. `STATROOM_CITIES` lists the folders of all; from it every city gets an environment like
that of a city alone, with a data folder, databases and a key of its own, and `settings` reads that. Without
`STATROOM_CITIES` there is one city and nothing here does anything.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from settings import ROOT, SettingsError

ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
OWN_URLS = ("STATROOM_MART_URL", "STATROOM_STORE_URL", "STATROOM_RESIDENTS_URL")
"""What no two cities may share: with several cities each holds `{city}`, which becomes the city's id."""
FOR_ONE = "__"
"""`STATROOM_BASE_URL__LAKEVIEW` is `STATROOM_BASE_URL` for the processes of Lakeview alone, `CRM_URL__LAKEVIEW` its `CRM_URL`."""
MOST = 50


@dataclass(frozen=True, slots=True)
class Place:
    """One city of the installation. Its id is the name of its folder, and `[city] id` of its `city.toml`."""

    id: str
    folder: Path


def places(environ: Mapping[str, str]) -> tuple[Place, ...]:
    """The cities of `STATROOM_CITIES` in their order; none where there is one city.

    Raises:
        SettingsError: the list cannot be used.
    """
    text = environ.get("STATROOM_CITIES", "").strip()
    if not text:
        return ()
    found = tuple(Place(Path(part).name, _absolute(part)) for part in (part.strip() for part in text.split(":")) if part)
    for place in found:
        if not ID.fullmatch(place.id):
            raise SettingsError(
                f"STATROOM_CITIES has {str(place.folder)!r}; name a city's folder with small letters, digits, - and _: it is the city's id."
            )
    ids = [place.id for place in found]
    twice = next((one for one in ids if ids.count(one) > 1), None)
    if twice:
        raise SettingsError(f"STATROOM_CITIES has two folders called {twice!r}; give each city a folder with a name of its own.")
    endings = [_ending(one) for one in ids]
    unclear = next((one for one, end in zip(ids, endings, strict=True) if sum(other.endswith(end) for other in endings) > 1), None)
    if unclear:
        raise SettingsError(
            f"STATROOM_CITIES has {unclear!r} and a city whose variables would end alike ({_ending(unclear)}); name one of them otherwise."
        )
    if len(found) > MOST:
        raise SettingsError(f"STATROOM_CITIES lists {len(found)} cities; there may be {MOST} in one installation.")
    return found


def own(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of the city that `STATROOM_CITY` names; `environ` itself where there is one city.

    Raises:
        SettingsError: of several cities none is named, or one that is not listed.
    """
    known = places(environ)
    if not known:
        return dict(environ)
    named = environ.get("STATROOM_CITY", "")
    if not named:
        raise SettingsError(f"STATROOM_CITY is empty; of the cities {_listed(known)} say which one this process serves.")
    place = next((place for place in known if named == place.id or _absolute(named) == place.folder), None)
    if place is None:
        raise SettingsError(f"STATROOM_CITY is {named!r}, which is not in STATROOM_CITIES; there are {_listed(known)}.")
    return environ_of(place, environ)


def place_of(name: str, environ: Mapping[str, str]) -> Place:
    """The city of that id.

    Raises:
        SettingsError: there is none.
    """
    known = places(environ) or (Place(_absolute(environ.get("STATROOM_CITY") or "cities/demo").name, Path()),)
    found = next((place for place in known if place.id == name), None)
    if found is None:
        raise SettingsError(f"there is no city {name[:60]!r}; there is {_listed(known)}.")
    return found


def environ_of(place: Place, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of the processes of `place`: what is for it alone in place of what is for all, and nothing of the others' own.

    Raises:
        SettingsError: a database would be shared with another city.
    """
    known = places(environ)
    made = _alone(place, environ)
    made |= {"STATROOM_CITY": str(place.folder), "STATROOM_DATA": str(_data(place, made))}
    if made.get("STATROOM_SECRET_KEY") and made["STATROOM_SECRET_KEY"] == environ.get("STATROOM_SECRET_KEY"):
        # What one city signs must be worth nothing in another, whoever sends it there.
        made["STATROOM_SECRET_KEY"] = _key_of(place, made["STATROOM_SECRET_KEY"])
    for name in OWN_URLS:
        if made.get(name):
            made[name] = _own_url(name, made[name], place, is_own=made[name] != environ.get(name))
    if made.get("STATROOM_BACKUPS"):
        made["STATROOM_BACKUPS"] = str(Path(made["STATROOM_BACKUPS"]).resolve() / place.id)
    apart = {part.strip() for part in environ.get("STATROOM_APART", "").split(",")}
    addresses = _addresses(environ.get("STATROOM_ADDRESSES", ""), known)
    told = [one for one in known if one != place and not apart & {one.id, place.id}]
    made["STATROOM_OTHERS"] = json.dumps(
        [{"id": one.id, "folder": str(one.folder), **_mart(one, environ), "address": addresses.get(one.id, "")} for one in told]
    )
    made.pop("STATROOM_CITIES")
    return made


def _alone(place: Place, environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` with the values that are for `place` alone, and none that are for another city alone."""
    endings = tuple(_ending(one.id) for one in places(environ))
    # Also of names that are not ours: `CRM_URL__LAKEVIEW` may hold the password of Lakeview's database.
    of_one = tuple(name for name in environ if (FOR_ONE in name and name.startswith("STATROOM_")) or name.endswith(endings))
    shared = {name: value for name, value in environ.items() if name not in of_one}
    ending = _ending(place.id)
    return shared | {name.removesuffix(ending): value for name, value in environ.items() if name.endswith(ending)}


def _ending(city: str) -> str:
    """How the names of variables end that are for `city` alone."""
    return FOR_ONE + re.sub("[^A-Z0-9]", "_", city.upper())


def _data(place: Place, environ: Mapping[str, str]) -> Path:
    return Path(environ.get("STATROOM_DATA") or ROOT / "var").resolve() / place.id


def _mart(place: Place, environ: Mapping[str, str]) -> dict[str, str]:
    """A city's mart, as its own processes find it: its folder, and the server it is read from, where that is the same for all cities."""
    alone = _alone(place, environ)
    url = alone.get("STATROOM_MART_URL", "")
    if url.startswith("duckdb:"):
        return {"mart": url.replace("{city}", place.id).removeprefix("duckdb:///"), "server": ""}
    # An address of its own may hold a password that is nobody else's business; others then read the files its loads leave.
    is_shared = url == environ.get("STATROOM_MART_URL", "")
    return {"mart": str(_data(place, alone) / "mart"), "server": url.replace("{city}", place.id) if is_shared else ""}


def _own_url(name: str, url: str, place: Place, *, is_own: bool) -> str:
    if "{city}" not in url and not is_own:
        raise SettingsError(
            f"{name} is the same for all cities; write {{city}} where the city's id belongs, or set {name}{FOR_ONE}{place.id.upper()}."
        )
    return url.replace("{city}", place.id)


def _key_of(place: Place, key: str) -> str:
    return hmac.new(key.encode(), f"city {place.id}".encode(), hashlib.sha256).hexdigest()


def _addresses(text: str, known: tuple[Place, ...]) -> dict[str, str]:
    """`id=https://host id=https://host`: where readers of this process open the cities."""
    made = {}
    for part in text.split():
        name, _, address = part.partition("=")
        if name not in {place.id for place in known} or not re.fullmatch(r"https?://[A-Za-z0-9.\[\]-]+(:[0-9]+)?/?", address):
            raise SettingsError(f"STATROOM_ADDRESSES has {part[:80]!r}; write ID=https://HOST for cities of STATROOM_CITIES.")
        made[name] = address.rstrip("/")
    return made


def _absolute(folder: str) -> Path:
    return (ROOT / folder).resolve()


def _listed(known: tuple[Place, ...]) -> str:
    return ", ".join(place.id for place in known)
