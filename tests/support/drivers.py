"""Stand-ins for database servers that do not run here: SQLAlchemy's own dialects speak to them, and what they are told is kept."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import Any

COLUMNS = ("ID", "OPENED_AT", "STATUS", "UPDATED_AT", "Reporter Name", "TYPE")


class Server:
    """What a server was told (`told`: statement, parameters), with which arguments it was reached, and what it answers."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self.told: list[tuple[str, Any]] = []
        self.reached: dict[str, Any] = {}
        self.connections: list[Any] = []
        self.allows_snapshots = 1

    def connect(self, *args: Any, **kwargs: Any) -> Any:
        self.reached = {"args": args, **kwargs}
        made = SimpleNamespace(
            cursor=lambda *_: Cursor(self), commit=lambda: None, rollback=lambda: None, close=lambda: None, autocommit=False, version="19.3.0.0.0",
            getinfo=lambda _: "15.00.2000", timeout=0, add_output_converter=lambda *_: None, outputtypehandler=None,
            max_identifier_length=128, **({"call_timeout": 0} if self.columns == COLUMNS else {}),
        )  # fmt: skip
        self.connections.append(made)
        return made

    def statements(self) -> list[str]:
        """What was asked, on one line each, without what the dialect itself asks first."""
        own = ("sys_context", "dual", "@@", "schema_name", "serverproperty", "fn_listextended", "v$transaction", "dbms_transaction", "sys.dm_exec", "nvarchar", "system_views")  # fmt: skip
        lines = [" ".join(statement.split()) for statement, _ in self.told]
        return [line for line in lines if not any(word in line.lower() for word in own)]


class Cursor:
    arraysize = 100
    rowcount = -1
    outputtypehandler = None

    def __init__(self, server: Server) -> None:
        self._server = server
        self.description: list[tuple[Any, ...]] | None = None
        self._rows: list[tuple[Any, ...]] = []

    def execute(self, statement: str, parameters: Any = ()) -> None:
        self._server.told.append((statement, parameters))
        self._rows = []
        self.description = None
        if "SELECT" not in statement.upper():
            return
        if "snapshot_isolation_state" in statement:
            names, self._rows = ("snapshot_isolation_state",), [(self._server.allows_snapshots,)]
        elif " q" in statement:
            names = self._server.columns
        else:
            names, self._rows = ("value",), [("READ COMMITTED",)]
        self.description = [(name, None, None, None, None, None, None) for name in names]

    def setinputsizes(self, *_: Any, **__: Any) -> None:
        """Types of parameters are of no interest."""

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, _size: int = 1) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    fetchall = fetchmany

    def close(self) -> None:
        """Nothing to close."""

    def var(self, *_: Any) -> Any:
        """A place for a value that is asked for."""
        return SimpleNamespace(getvalue=lambda *_: "1.2.3")

    def __enter__(self) -> Cursor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def pyodbc(server: Server) -> ModuleType:
    """Microsoft's way to a database: a module that reaches `server`."""
    made = ModuleType("pyodbc")
    errors = {name: type(name, (Exception,), {}) for name in ("Error", "DatabaseError", "OperationalError", "ProgrammingError", "InterfaceError", "DataError", "IntegrityError", "InternalError", "NotSupportedError")}  # fmt: skip
    for name, value in {"paramstyle": "qmark", "version": "5.5.0", "connect": server.connect, "Cursor": Cursor, "Binary": bytes, "SQL_DECIMAL": 3, "SQL_VARCHAR": 12, "SQL_WVARCHAR": -9, "SQL_DRIVER_NAME": 6, **errors}.items():  # fmt: skip
        setattr(made, name, value)
    return made
