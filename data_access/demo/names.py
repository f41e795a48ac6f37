"""Invented names: streets and people of the demo city."""

from __future__ import annotations

STREETS = (
    "Alder", "Anchor", "Beacon", "Birch", "Canal", "Chapel", "Cooper", "Customs", "Dyer", "Elm", "Ferry", "Foundry", "Garnet", "Harbour",
    "Heron", "Juniper", "Kestrel", "Lantern", "Linden", "Market", "Meadow", "Mill", "Orchard", "Pilot", "Quarry", "Ropewalk", "Saltworks",
    "Signal", "Tanner", "Union", "Vesper", "Weaver", "Weir", "Willow", "Wharf",
)  # fmt: skip
STREET_KINDS = ("Street", "Avenue", "Lane", "Road", "Row")
STREET_PARTS = ("", "Upper ", "Old ", "New ")
GIVEN = ("Ada", "Ben", "Carla", "Dev", "Elif", "Femi", "Grace", "Hugo", "Ines", "Jonas", "Kim", "Lena", "Mateo", "Nora", "Omar", "Pia", "Quinn", "Rosa", "Sam", "Tara")  # fmt: skip
FAMILY = ("Abel", "Brandt", "Castell", "Dunmore", "Ekwall", "Farrow", "Gannet", "Holloway", "Ibarra", "Jansson", "Kessler", "Lindqvist", "Marlowe", "Novak", "Okafor", "Perrin", "Rask", "Sorel", "Tindall", "Voss")  # fmt: skip


def street_name(number: int) -> str:
    """One of 700 street names, each different."""
    part, rest = divmod(number, len(STREETS) * len(STREET_KINDS))
    kind, street = divmod(rest, len(STREETS))
    return f"{STREET_PARTS[part]}{STREETS[street]} {STREET_KINDS[kind]}"


def person_name(number: int) -> str:
    """A resident's name; many residents share one, as in life."""
    return f"{GIVEN[number % len(GIVEN)]} {FAMILY[number // len(GIVEN) % len(FAMILY)]}"


def phone(number: int) -> str:
    """A telephone number from the range kept free for fiction."""
    return f"555-{number % 10_000:04d}"


def email(number: int) -> str:
    """An address at a domain that can never receive mail."""
    return f"{person_name(number).lower().replace(' ', '.')}{number}@mail.example"
