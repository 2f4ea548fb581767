-- Every version of every object, in the order of commits. A deletion is a version without a document.
-- `previous` is the version that this one replaced; compaction removes a version once the one that replaced it is old.
-- The last version of a key says what is current; the engine keeps where those are in memory, so that a put is one
-- row at the end of one table.
CREATE TABLE versions (
    id INTEGER PRIMARY KEY,
    revision INTEGER NOT NULL,
    resource TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    create_revision INTEGER NOT NULL,
    previous INTEGER,
    revision_offset INTEGER NOT NULL,
    document BLOB
);

-- One row. `revision` is that of the last commit where no version says it: one that wrote none, or whose versions are
-- gone; else the last version does. Then the revision up to which history is gone, and the last version that compaction
-- has looked at. Revision 1 never was: a client that asks for it learns that it is too old.
CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL,
    compacted_revision INTEGER NOT NULL,
    compacted_version INTEGER NOT NULL
);
INSERT INTO state VALUES (1, 2, 2, 0);
