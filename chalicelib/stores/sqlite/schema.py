"""The schema as a list of migrations: append to it, never edit it.

`document` holds a record as JSON; indexes need the other columns. Links have the sort keys of their
project, so a list by technology is one walk along one index.
"""

from collections.abc import Sequence

Migration = Sequence[str]

NEW_MARK = "lower(hex(randomblob(16)))"
# Writes the current names of technologies into the documents of projects; also a migration.
NAME_USES = """UPDATE projects SET document = json_set(document, '$.technologies', json((
    SELECT json_group_array(json_set(used.value, '$.name', t.name))
    FROM json_each(projects.document, '$.technologies') used
    CROSS JOIN technologies t ON t.id = json_extract(used.value, '$.technology'))))"""

CORE: Migration = (
    """CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE technologies (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        name_key TEXT NOT NULL UNIQUE,
        version INTEGER NOT NULL,
        project_count INTEGER NOT NULL DEFAULT 0,
        updated_by TEXT,
        document TEXT NOT NULL)""",
    """CREATE TABLE technology_keys (
        key TEXT PRIMARY KEY,
        technology_id TEXT NOT NULL REFERENCES technologies (id) ON DELETE CASCADE) WITHOUT ROWID""",
    """CREATE INDEX technology_keys_by_technology ON technology_keys (technology_id)""",
    """CREATE TABLE projects (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        name_key TEXT NOT NULL UNIQUE,
        programme_key TEXT NOT NULL,
        version INTEGER NOT NULL,
        updated_at TEXT NOT NULL,
        updated_by TEXT,
        document TEXT NOT NULL)""",
    """CREATE INDEX projects_by_update ON projects (updated_at, id)""",
    """CREATE INDEX projects_by_programme ON projects (programme_key, name_key, id)""",
    """CREATE INDEX projects_by_programme_update ON projects (programme_key, updated_at, id)""",
    """CREATE TABLE project_technologies (
        technology_id TEXT NOT NULL REFERENCES technologies (id),
        project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
        name_key TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        PRIMARY KEY (project_id, technology_id)) WITHOUT ROWID""",
    """CREATE INDEX uses_by_name ON project_technologies (technology_id, name_key, project_id)""",
    """CREATE INDEX uses_by_update ON project_technologies (technology_id, updated_at, project_id)""",
    """CREATE TRIGGER use_added AFTER INSERT ON project_technologies BEGIN
        UPDATE technologies SET project_count = project_count + 1 WHERE id = NEW.technology_id;
        END""",
    """CREATE TRIGGER use_removed AFTER DELETE ON project_technologies BEGIN
        UPDATE technologies SET project_count = project_count - 1 WHERE id = OLD.technology_id;
        END""",
    """CREATE TABLE project_contacts (
        project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        email_key TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (project_id, position)) WITHOUT ROWID""",
    """CREATE UNIQUE INDEX contacts_by_email ON project_contacts (email_key, project_id)""",
)

# The texts are models.text.words joined by spaces, so this tokenizer only splits them again.
SEARCH: Migration = tuple(
    f"""CREATE VIRTUAL TABLE {table} USING fts5 (
        words, tokenize = "ascii tokenchars '_#+'", prefix = '1 2 3')"""
    for table in ("project_words", "technology_words")
)

RECEIPTS: Migration = (
    """CREATE TABLE receipts (
        key TEXT PRIMARY KEY,
        fingerprint TEXT NOT NULL,
        answer TEXT NOT NULL,
        expires_at TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE INDEX receipts_by_expiry ON receipts (expires_at)""",
)

MARKS: Migration = (
    """ALTER TABLE technologies ADD COLUMN mark TEXT NOT NULL DEFAULT ''""",
    """ALTER TABLE projects ADD COLUMN mark TEXT NOT NULL DEFAULT ''""",
    f"UPDATE technologies SET mark = {NEW_MARK}",
    f"UPDATE projects SET mark = {NEW_MARK}",
)

# `number` counts from the technology's first move. The newest moves are in its document, not here.
MOVES: Migration = (
    """CREATE TABLE technology_moves (
        technology_id TEXT NOT NULL REFERENCES technologies (id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (technology_id, number)) WITHOUT ROWID""",
    """INSERT INTO technology_moves
        SELECT technologies.id, move.key, move.value FROM technologies, json_each(document, '$.moves') move
        WHERE move.key < json_array_length(document, '$.moves') - 50""",
    """UPDATE technologies SET document = json_set(
        document,
        '$.move_count', json_array_length(document, '$.moves'),
        '$.moves', json((
            SELECT json_group_array(json(move.value)) FROM json_each(document, '$.moves') move
            WHERE move.key >= json_array_length(document, '$.moves') - 50)))""",
)

QUOTAS: Migration = (
    """CREATE TABLE quotas (
        key TEXT PRIMARY KEY,
        used INTEGER NOT NULL,
        expires_at TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE INDEX quotas_by_expiry ON quotas (expires_at)""",
)

# The name in the form that models.text.is_faithful compares with the id; no name holds char(1) or char(2).
SPELLED = "rtrim(replace(replace(name_key, '#', '-sharp '), '+', '-plus '))"
for _sign in (" ", "_", ".", "/"):
    SPELLED = f"replace({SPELLED}, '{_sign}', '-')"
for _run, _one in (("'-'", "char(1, 2)"), ("char(2, 1)", "''"), ("char(1, 2)", "'-'")):
    SPELLED = f"replace({SPELLED}, {_run}, {_one})"
# An id that is not faithful to the name is no key. If an alias is not ASCII, the id stays a key until
# the technology is written again.
FAITHFUL_IDS: Migration = (
    f"""DELETE FROM technology_keys WHERE key = technology_id AND NOT EXISTS (
        SELECT 1 FROM technologies WHERE id = technology_id AND (id IN (name_key, {SPELLED})
            OR EXISTS (SELECT 1 FROM json_each(document, '$.aliases') alias
                WHERE lower(alias.value) = technology_id OR alias.value GLOB '*[^ -~]*')))""",
)

MIGRATIONS: Sequence[Migration] = (
    (*CORE, *SEARCH),
    RECEIPTS,
    (*MARKS, NAME_USES, *MOVES, *QUOTAS),
    FAITHFUL_IDS,
)
