import FairleadModel
import FairleadRandomTesting
import Foundation
import Testing

@testable import FairleadStorage

/// `fairlead check`, the part that knows nothing of what objects mean.
@Suite struct RepairTests {
    private func fill(_ scratch: Scratch) async throws {
        let store = try scratch.open()
        for name in ["c0", "c1", "c2", "c3", "c4"] { try await store.put(named: name, "first of \(name)") }
        try await store.put(named: "c2", "second of c2")
        try await store.delete(key("c1"))
        await store.close()
    }

    private func repair(_ scratch: Scratch) throws -> [String] {
        var repair = try SQLiteRepair(SQLiteExamination(path: scratch.file("data.db")), label: UUID().uuidString)
        try repair.install()
        return repair.actions
    }

    @Test func aSoundFileHasNoFindingsAndStaysAsItIs() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        try await fill(scratch)
        let before = try Data(contentsOf: URL(fileURLWithPath: scratch.file("data.db")))
        let examination = try SQLiteExamination(path: scratch.file("data.db"))
        #expect(examination.findings.isEmpty, "\(examination.findings)")
        #expect(examination.snapshot?.count(.services, namespace: nil) == 4 && examination.versionCount == 7)
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.file("data.db"))) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["data.db"])
    }

    @Test func anObjectAsDeepAsTheStoreAllowsIsSound() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let store = try scratch.open()
        // With the object around it: as deep as an object with its managedFields may be.
        let depth = JSON.maximumStoredDepth - 4
        var value: Value = 1
        for _ in 0..<depth { value = ["a": value] }
        try await store.put(named: "deep", value)
        await store.close()
        let findings = try SQLiteExamination(path: scratch.file("data.db")).findings
        #expect(findings.isEmpty, "\(findings)")
    }

    @Test func aFileThatIsOpenIsNotExamined() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let store = try scratch.open()
        try await store.put(named: "a", "")
        let error = await storageError { _ = try SQLiteExamination(path: scratch.file("data.db")) }
        guard case .io(let why) = error else { return fail("\(String(describing: error))") }
        #expect(why.contains("open in another process"))
        await store.close()
    }

    @Test(arguments: [
        ("UPDATE versions SET document = x'00' WHERE name = 'c3'", "c3"),
        ("UPDATE versions SET document = x'00' WHERE name = 'c2' AND previous IS NOT NULL", "c2"),
        ("UPDATE versions SET document = x'00' WHERE name = 'c2' AND previous IS NULL", "c2"),
        ("UPDATE versions SET name = 'c0' WHERE name = 'c3'", "c3"),
        ("UPDATE versions SET revision = revision + 1000000 WHERE name = 'c3'", "c3"),
        ("UPDATE versions SET revision = revision + 1000000, checksum = NULL WHERE name = 'c3'", "c3"),
        ("UPDATE state SET revision = 9223372036854775807", "state"), ("DELETE FROM state", "state"),
        ("UPDATE state SET compacted_revision = 5000", "state"), ("DROP TABLE state", "state"),
    ])
    func whatIsFoundIsMended(change: String, name: String) async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        try await fill(scratch)
        try scratch.execute(change)
        let found = try SQLiteExamination(path: scratch.file("data.db")).findings
        #expect(!found.isEmpty && found.contains { $0.contains(name) }, "\(found)")
        let actions = try repair(scratch)
        #expect(try SQLiteExamination(path: scratch.file("data.db")).findings.isEmpty)
        let store = try scratch.open()
        let served = Dictionary(
            store.current.objects(.services, namespace: nil).map { ($0.key.name, $0.text) }, uniquingKeysWith: { $1 })
        #expect(served["c0"] == "first of c0" && served["c1"] == nil && served["c4"] == "first of c4", "\(actions)")
        // The version before comes back where there is one, as a new one.
        if name == "c3" { #expect(served["c3"] == nil) } else { #expect(served["c3"] == "first of c3") }
        let isNewest = change.contains("previous IS NOT NULL")
        #expect(served["c2"] == (isNewest ? "first of c2" : "second of c2"))
        #expect(store.current.revision >= 9)
        try await store.put(named: "new", "")
        await store.close()
        // What was taken out is written down, and the old file is there.
        let files = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
        #expect(files.contains { $0.contains(".before-") })
        #expect(files.contains { $0.contains(".damaged-") } == change.contains("UPDATE versions"))
    }

    @Test func aVersionThatNothingLeadsToIsFoundAndTakenOut() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        try await fill(scratch)
        let store = try scratch.open()
        await store.close()
        // As if the link had never been written, checksum and all.
        try scratch.execute("UPDATE versions SET previous = NULL, checksum = NULL WHERE name = 'c2'")
        #expect(try SQLiteExamination(path: scratch.file("data.db")).findings.contains { $0.contains("left behind") })
        _ = try repair(scratch)
        #expect(try SQLiteExamination(path: scratch.file("data.db")).findings.isEmpty)
        #expect(try scratch.numbers("SELECT count(*) FROM versions WHERE name = 'c2'") == [1])
    }

    /// A file that something has been torn out of: whatever is left makes a sound file, and nothing in it is made up.
    @Test func anyWreckBecomesASoundFileOrIsRefused() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let store = try scratch.open()
        for number in 0..<80 { try await store.put(named: "c\(number)", String(repeating: "\(number) ", count: 300)) }
        let truth = Dictionary(
            store.current.objects(.services, namespace: nil).map { ($0.key, $0.text) }, uniquingKeysWith: { $1 })
        await store.close()
        let whole = try Data(contentsOf: URL(fileURLWithPath: scratch.file("data.db")))
        var numbers = SplitMix64(seed: 5)
        var rescued = 0
        for round in 0..<24 {
            var bytes = whole
            switch round % 3 {
            case 0: bytes = bytes.prefix(Int.random(in: 8192..<bytes.count, using: &numbers))
            case 1:
                let page = Int.random(in: 1..<bytes.count / 8192, using: &numbers) * 8192
                bytes.replaceSubrange(page..<page + 8192, with: Data(count: 8192))
            default:
                for _ in 0..<40 {
                    bytes[Int.random(in: 100..<bytes.count, using: &numbers)] ^=
                        1 << UInt8.random(in: 0..<8, using: &numbers)
                }
            }
            try bytes.write(to: URL(fileURLWithPath: scratch.file("data.db")))
            try? FileManager.default.removeItem(atPath: scratch.file("data.db-wal"))
            do {
                _ = try repair(scratch)
            } catch {
                continue
            }
            #expect(try SQLiteExamination(path: scratch.file("data.db")).findings.isEmpty)
            let store = try scratch.open()
            for object in store.current.objects(.services, namespace: nil) { #expect(object.text == truth[object.key]) }
            rescued += store.current.count(.services, namespace: nil) > 0 ? 1 : 0
            await store.close()
        }
        #expect(rescued >= 7)
    }
}
