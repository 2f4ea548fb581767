import ArgumentParser
import Foundation
import GRDB

/// What it costs to store the ConfigMaps of `fairlead-bench create-configmaps` with the database alone: durable
/// inserts, 32 to a transaction, as 32 concurrent clients would allow.
@main
struct Yardstick: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grdb-yardstick", abstract: "Stores rows as fast as durable commits allow.")

    @Argument(help: "Where the database is made.")
    var directory: String

    @Argument(help: "How many rows.")
    var count = 20_000

    func run() throws {
        var configuration = Configuration()
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        let pool = try DatabasePool(path: directory + "/yardstick.sqlite", configuration: configuration)
        try pool.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE object (
                        resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
                        revision INTEGER NOT NULL, value BLOB NOT NULL,
                        PRIMARY KEY (resource, namespace, name)) WITHOUT ROWID
                    """)
        }
        let data = String(repeating: "0123456789abcdef", count: 60)
        let start = ContinuousClock.now
        var revision = 0
        while revision < count {
            try pool.writeWithoutTransaction { database in
                try database.inTransaction(.immediate) {
                    let insert = try database.cachedStatement(sql: "INSERT INTO object VALUES (?, ?, ?, ?, ?)")
                    for _ in 0..<32 where revision < count {
                        revision += 1
                        let name = "b-\(revision)"
                        let json =
                            #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\#(name)","namespace":"bench","#
                            + #""uid":"00000000-0000-0000-0000-000000000000","resourceVersion":"\#(revision)","#
                            + #""creationTimestamp":"2026-01-01T00:00:00Z"},"data":{"k":"\#(data)"}}"#
                        try insert.execute(arguments: ["configmaps", "bench", name, revision, Data(json.utf8)])
                    }
                    return .commit
                }
            }
        }
        let elapsed = ContinuousClock.now - start
        print("rows_per_second=\(Int(Double(count) / (elapsed / .seconds(1)))) rows=\(count)")
    }
}
