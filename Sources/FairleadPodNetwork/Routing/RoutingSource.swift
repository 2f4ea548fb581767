package import FairleadRouting

/// The cluster as packets see it. Asked for every connection, so it has to be cheap while nothing changes.
package protocol RoutingSource: Sendable {
    /// Runs `body` with the table as it is after the last commit. `body` is short, and asks no other source.
    func withTable<Result: Sendable>(_ body: (RoutingTable) -> Result) -> Result
}

/// A cluster that does not change.
package struct FixedRouting: RoutingSource {
    private let table: RoutingTable

    package init(_ table: RoutingTable) { self.table = table }

    package func withTable<Result: Sendable>(_ body: (RoutingTable) -> Result) -> Result { body(table) }
}
