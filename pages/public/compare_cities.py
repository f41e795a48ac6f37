"""`/compare/cities`: the same services in the cities of the installation, from what each has published."""

from __future__ import annotations

from components import city_comparison
from components.page import page

layout = page(__name__, city_comparison.COMPARISON, city_comparison.TITLE, city_comparison.build)
