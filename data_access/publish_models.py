"""What a city writes in `city.toml` of the tables it gives to other tools."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from data_access.model_base import Id, Model


class Publish(Model):
    """`[publish]`, or `[[publish]]` for several: what `flask export` writes after every load that brought something."""

    audience: Literal["staff", "public"] = "staff"
    role: Literal["viewer", "department", "analyst", "executive", "admin"] = "viewer"
    """Of a staff export: whose rights decide which columns are in it."""
    departments: tuple[Id, ...] = ()
    """For role department: ids as in addresses."""
    folder: str | None = None
    """Where the files go, from the city's folder on (default: below `export` in the data folder)."""
    url: str | None = None
    """A PostgreSQL database to write to instead: postgresql+psycopg://user:password@host/database."""
    schema_name: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,40}$")] | None = Field(default=None, alias="schema")
    """Its schema (default: statroom, or statroom_public)."""
    duckdb: bool = False
    """Write a DuckDB file beside the Parquet files."""
    package: bool = False
    """Of the public tables: write the data package as a zip file too."""

    @model_validator(mode="after")
    def _fits(self) -> Publish:
        if (self.audience == "staff" and self.role == "department") != bool(self.departments):
            raise ValueError("name the departments of role department, and of no other")
        return self


Publishes = Annotated[tuple[Publish, ...], BeforeValidator(lambda given: (given,) if isinstance(given, dict) else given)]
"""One `[publish]`, or several."""
