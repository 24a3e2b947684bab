PRAGMA journal_mode = WAL;
CREATE TABLE items (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    document TEXT NOT NULL,
    contacts TEXT NOT NULL
);
CREATE INDEX items_by_name ON items (kind, name);
