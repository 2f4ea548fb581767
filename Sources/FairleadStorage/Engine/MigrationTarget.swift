/// An engine that can take over what another one has held.
package protocol MigrationTarget: StorageEngine {
    /// Makes all later revisions greater than this one, and the history up to it gone: whoever has seen that much
    /// elsewhere is told that it has expired, and lists again. For an engine that holds nothing.
    func beginAfter(_ revision: Int64) throws(StorageError)
}
