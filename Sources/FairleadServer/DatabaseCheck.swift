import FairleadKinds
import FairleadAPI
import FairleadEncryption
package import FairleadModel
import FairleadStorage

/// `fairlead check`: finds what is wrong with a database that no server has open, and repairs it. Storage checks the
/// structure and the documents; this type checks that Services agree with the claims to addresses and ports.
package struct DatabaseCheck {
    package enum Outcome: Int32, Sendable {
        case clean = 0
        case findings = 1
        case unreadable = 2
    }

    private let path: String
    private let encryptionFile: String?
    private let environment: Environment
    private let print: (String) -> Void

    /// - Parameters:
    ///   - encryptionFile: an EncryptionConfiguration with the keys of the file; keys beside it are found.
    ///   - print: prints one line.
    package init(
        path: String, encryptionFile: String? = nil, environment: Environment, print: @escaping (String) -> Void
    ) {
        self.path = path
        self.encryptionFile = encryptionFile
        self.environment = environment
        self.print = print
    }

    /// Changes nothing.
    package func examine() -> Outcome {
        do throws(StorageError) {
            return report(try SQLiteExamination(path: path, values: try values()))
        } catch {
            return refuse(error)
        }
    }

    /// Examines the file, repairs what can be repaired, and examines it again.
    package func repair() async -> Outcome {
        do throws(StorageError) {
            let examination = try SQLiteExamination(path: path, values: try values())
            guard report(examination) == .findings else { return .clean }
            try await mend(examination)
            print("after the repair:")
            return report(try SQLiteExamination(path: path, values: try values()))
        } catch {
            return refuse(error)
        }
    }

    private func values() throws(StorageError) -> any ValueTransformer {
        do throws(EncryptionError) {
            return try EncryptionKeys.transformer(data: path, makesKey: false, file: encryptionFile)
        } catch {
            throw .io(error.description)
        }
    }

    private func report(_ examination: SQLiteExamination) -> Outcome {
        var findings = examination.findings
        if let snapshot = examination.snapshot {
            findings += ClaimsAudit(snapshot, environment).findings.map { "claims: \($0.text)" }
        } else {
            findings.append("claims: cannot be compared with Services while a server would not start")
        }
        for finding in findings { print(finding) }
        let objects = examination.snapshot.map { snapshot in
            snapshot.resources.reduce(0) { $0 + snapshot.count($1, namespace: nil) }
        }
        let size = "\(objects.map { "\($0) objects, " } ?? "")\(examination.versionCount) versions"
        print(findings.isEmpty ? "no findings: \(size)" : "\(findings.count) findings: \(size)")
        return findings.isEmpty ? .clean : .findings
    }

    private func mend(_ examination: SQLiteExamination) async throws(StorageError) {
        let label = environment.now().rfc3339.filter { $0.isLetter || $0.isNumber }
        var repair = try SQLiteRepair(examination, label: label)
        var told = 0
        func tell() {
            for action in repair.actions[told...] { print(action) }
            told = repair.actions.count
        }
        tell()
        try await mendClaims(repair.rebuilt)
        try repair.install()
        tell()
    }

    private func mendClaims(_ path: String) async throws(StorageError) {
        let store = try Store.open(
            engine: try SQLiteEngine(path: path, migrations: SQLiteMigration.builtIn(), values: try values()))
        let audit = ClaimsAudit(store.current, environment)
        do throws(StorageError) {
            if let mending = audit.mending() { _ = try await store.commit(mending) }
        } catch {
            await store.close()
            throw error
        }
        await store.close()
        for finding in audit.findings {
            switch finding.operation {
            case .put(let key, _): print("claimed \(key.name) for the Service that shows it")
            case .delete(let key): print("released \(key.name)")
            case nil: print("left as it is: \(finding.text)")
            }
        }
    }

    private func refuse(_ error: StorageError) -> Outcome {
        switch error {
        case .io(let why), .corrupted(let why): print("cannot be read: \(why)")
        default: print("cannot be read: \(error)")
        }
        return .unreadable
    }
}
