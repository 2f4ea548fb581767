import FairleadEncryption
package import FairleadEtcd
import FairleadModel
import FairleadStorage
import Foundation

/// `fairlead migrate`: copies every object from one store into another one, which is empty. No server uses either.
///
/// Objects keep everything but their resourceVersions, which are all greater than any that the old store has given: a
/// client that goes on where it was with the old one is told that its version has expired.
package struct StoreMigration {
    package enum Place: Sendable, Hashable {
        case sqlite(String)
        case etcd(EtcdOptions)

        package var text: String {
            switch self {
            case .sqlite(let file): "sqlite:\(file)"
            case .etcd(let options): options.text
            }
        }
    }

    /// What was done, for people.
    package let summary: String

    /// - Parameters:
    ///   - encryptionFile: as `--encryption-provider-config`: what reads the old values, and writes the new ones.
    /// - Throws: what is wrong; the new store may then hold a part.
    package init(
        from source: Place, to target: Place, encryptionFile: String? = nil
    ) throws(StartupError) {
        do {
            if case .sqlite(let file) = source, !FileManager.default.fileExists(atPath: file) {
                throw StartupError("there is no file \(file)")
            }
            let old = try Self.open(source, encryptionFile)
            defer { old.close() }
            let before = try old.load()
            guard !before.damaged.contains(where: \.isCurrent) else {
                throw StartupError(
                    "\(source.text) has objects that cannot be read: `fairlead check` names them, and they would be lost"
                )
            }
            let new = try Self.open(target, encryptionFile)
            defer { new.close() }
            let found = try new.load()
            guard found.objects.isEmpty, found.damaged.isEmpty else {
                throw StartupError("\(target.text) is not empty: it has \(found.objects.count) objects")
            }
            try new.beginAfter(before.revision)
            for part in Self.parts(before.objects, most: new.maximumOperations) { try Self.write(part, to: new) }
            let after = try new.load()
            guard Self.contents(after.objects) == Self.contents(before.objects), after.damaged.isEmpty,
                after.objects.allSatisfy({ $0.revision > before.revision })
            else { throw StartupError("\(target.text) does not hold what \(source.text) does") }
            summary =
                "\(after.objects.count) objects; revisions go on from \(after.revision), those of before ended with "
                + "\(before.revision)"
        } catch let error as StartupError {
            throw error
        } catch let error as EncryptionError {
            throw StartupError(error.description)
        } catch let error as StorageError {
            throw StartupError(error.explanation)
        } catch {
            throw StartupError("\(error)")
        }
    }

    private static func open(_ place: Place, _ encryptionFile: String?) throws -> any MigrationTarget {
        switch place {
        case .sqlite(let file):
            try SQLiteEngine.makeFolder(of: file)
            return try SQLiteEngine(
                path: file, migrations: SQLiteMigration.builtIn(),
                values: try EncryptionKeys.transformer(data: file, makesKey: false, file: encryptionFile))
        case .etcd(let options):
            return try EtcdEngine(
                options, values: try EncryptionKeys.transformer(data: nil, makesKey: false, file: encryptionFile))
        }
    }

    private static let partBytes = 1 << 20

    /// Pieces that fit into one transaction each.
    private static func parts(_ objects: [EngineVersion], most: Int) -> [[EngineVersion]] {
        var parts: [[EngineVersion]] = []
        var part: [EngineVersion] = []
        var bytes = 0
        for object in objects {
            if !part.isEmpty, part.count >= min(most, 100) || bytes + object.bytes.count > partBytes {
                parts.append(part)
                part = []
                bytes = 0
            }
            part.append(object)
            bytes += object.bytes.count
        }
        return part.isEmpty ? parts : parts + [part]
    }

    private static func write(_ objects: [EngineVersion], to engine: any StorageEngine) throws {
        var transaction = Transaction()
        for object in objects {
            transaction.conditions.append(.init(key: object.key, revision: 0))
            transaction.operations.append(
                .put(
                    object.key,
                    Document(
                        value: try JSON.parseStored(object.bytes), bytes: object.bytes,
                        revisionOffset: object.revisionOffset)))
        }
        for result in try engine.commit([transaction]) { _ = try result.get() }
    }

    private static func contents(_ objects: [EngineVersion]) -> [ObjectKey: [UInt8]] {
        Dictionary(objects.map { ($0.key, $0.bytes) }) { first, _ in first }
    }
}
