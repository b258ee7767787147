"""The table of the records in SQLite, and what its triggers refuse: whoever opens the file by hand meets them too.

A row is numbered from 1 without a gap, covers the hash of the row before, and is never changed or taken away. An approval is by
somebody else than the author of what it approves, and a period is closed or opened again by an approved row only.
"""

from __future__ import annotations

from .rows import GENESIS

APPLICATION = 0x46494E4F  # "FINO": tells our file from another program's
KINDS = ("publication", "state", "approval", "reopen", "journal", "decision", "budget")

NO_CHANGE = "a record is never changed: what is corrected is a new row"
NO_REMOVAL = "a record is never taken away"
OUT_OF_ORDER = (
    "a record follows the last one: its id is one more, its previous the hash of that row"
)
NO_SUCH = "an approval names a row that waits for one (body: of)"
OWN_WORK = "whoever wrote the row cannot approve it: an approval is by a second person (four_eyes)"
NOT_APPROVED = "a period is closed by an approval of its final state"
NOT_REOPENED = "a closed period is opened again by an approved request"

TABLE = """
CREATE TABLE records (
 id INTEGER PRIMARY KEY, at TEXT NOT NULL, author TEXT NOT NULL, kind TEXT NOT NULL, entity TEXT NOT NULL,
 period TEXT NOT NULL, body TEXT NOT NULL CHECK (json_valid(body)), previous TEXT NOT NULL, hash TEXT NOT NULL UNIQUE
)
"""
STANDING = """(SELECT id FROM records WHERE kind = 'state' AND entity = NEW.entity AND period = NEW.period
 ORDER BY id DESC LIMIT 1)"""
STATE_NOW = """COALESCE((SELECT json_extract(body, '$.state') FROM records WHERE kind = 'state' AND entity = NEW.entity
 AND period = NEW.period ORDER BY id DESC LIMIT 1), 'open')"""
TRIGGERS = {
    "no_change": f"BEFORE UPDATE ON records BEGIN SELECT RAISE(ABORT, '{NO_CHANGE}'); END",
    "no_removal": f"BEFORE DELETE ON records BEGIN SELECT RAISE(ABORT, '{NO_REMOVAL}'); END",
    "in_order": f"""BEFORE INSERT ON records
 WHEN NEW.id IS NOT COALESCE((SELECT max(id) FROM records), 0) + 1
 OR NEW.previous IS NOT COALESCE((SELECT hash FROM records ORDER BY id DESC LIMIT 1), '{GENESIS}')
 OR EXISTS (SELECT 1 FROM records WHERE hash = NEW.hash)
 BEGIN SELECT RAISE(ABORT, '{OUT_OF_ORDER}'); END""",
    "approves_a_row": f"""BEFORE INSERT ON records WHEN NEW.kind = 'approval' AND NOT EXISTS (
 SELECT 1 FROM records WHERE id = json_extract(NEW.body, '$.of') AND entity = NEW.entity AND period = NEW.period
 AND (kind = 'reopen' OR kind = 'state' AND json_extract(body, '$.state') = 'final'))
 BEGIN SELECT RAISE(ABORT, '{NO_SUCH}'); END""",
    "second_person": f"""BEFORE INSERT ON records WHEN NEW.kind = 'approval'
 AND NEW.author IS (SELECT author FROM records WHERE id = json_extract(NEW.body, '$.of'))
 AND json_extract(NEW.body, '$.four_eyes') IS NOT 'off'
 BEGIN SELECT RAISE(ABORT, '{OWN_WORK}'); END""",
    "closed_by_approval": f"""BEFORE INSERT ON records WHEN NEW.kind = 'state' AND json_extract(NEW.body, '$.state') = 'closed'
 AND NOT EXISTS (SELECT 1 FROM records WHERE kind = 'approval' AND entity = NEW.entity AND period = NEW.period
 AND json_extract(body, '$.of') = {STANDING})
 BEGIN SELECT RAISE(ABORT, '{NOT_APPROVED}'); END""",
    "reopened_by_approval": f"""BEFORE INSERT ON records WHEN NEW.kind = 'state' AND {STATE_NOW} = 'closed'
 AND (json_extract(NEW.body, '$.state') IS NOT 'open' OR NOT EXISTS (SELECT 1 FROM records a JOIN records r
 ON r.id = json_extract(a.body, '$.of') WHERE a.kind = 'approval' AND r.kind = 'reopen' AND a.entity = NEW.entity
 AND a.period = NEW.period AND r.id > {STANDING}))
 BEGIN SELECT RAISE(ABORT, '{NOT_REOPENED}'); END""",
}
# What the file must hold, by name: INSERT OR REPLACE passes over `no_removal`, a table that was altered or a rule of somebody
# else's takes rows away or swallows them.
RULES = {
    "records": TABLE.strip(),
    **{name: f"CREATE TRIGGER {name} {text}" for name, text in TRIGGERS.items()},
}


def statements(version: int) -> list[str]:
    """What makes an empty file a store."""
    return [
        f"PRAGMA application_id = {APPLICATION}",
        f"PRAGMA user_version = {version}",
        RULES["records"],
        "CREATE INDEX by_period ON records (kind, entity, period)",
        *(text for name, text in RULES.items() if name != "records"),
    ]
