"""Whether what a database said may pass by itself, or waits for a person: who asks again and again with a wrong password is locked out."""

from __future__ import annotations

import re

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from data_access.sources.patience import NoAnswer

SQLSTATES = ("08", "40", "53", "55", "57")
"""Classes of PostgreSQL's codes: connection, rolled back, no resources, in use, an operator's intervention."""
MYSQL = frozenset({1040, 1053, 1105, 1152, 1158, 1159, 1160, 1161, 1203, 1205, 1213, 1226, 1317, 1969, 3024})
"""Its codes for too many connections, a shutdown, a broken line, locks and time limits; those of clients (2000 to 2999) are of lines too."""
LASTS = re.compile(
    r"password|authenticat|denied|log ?in|log ?on|pg_hba|does not exist|doesn't exist|no such|unknown|invalid|ora-0(1017|28000|0904|0942|1031)",
    re.IGNORECASE,
)
"""Words of causes that somebody has to mend, where a database gives no code of its own."""


def may_pass(error: BaseException) -> bool:
    """Whether asking again later may help, without anybody doing anything."""
    if isinstance(error, (NoAnswer, OSError)):
        return True
    if not isinstance(error, DBAPIError):
        return False
    said = error.orig
    code = getattr(said, "sqlstate", None)
    if isinstance(code, str) and code:
        return code[:2] in SQLSTATES
    number = said.args[0] if said is not None and said.args else None
    if isinstance(number, int) and number > 0:
        return number in MYSQL or 2000 <= number < 3000
    if isinstance(error, (OperationalError, InterfaceError)) or error.connection_invalidated:
        return LASTS.search(str(said)) is None
    return False
