-- What all columns of a version hash to (XXH64, `VersionRow.swift`): a row that bits were lost of, or that something
-- else has written to, is found when it is read. NULL in a file of before; the next start fills it in.
ALTER TABLE versions ADD COLUMN checksum INTEGER;
