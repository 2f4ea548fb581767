import FairleadModel
import FairleadStorage
import Foundation
import Testing

@testable import FairleadEncryption

/// What is in the files of a store.
struct EncryptedStoreTests {
    private static let secret = "hunter2-in-the-clear"

    private final class Folder {
        let path = FileManager.default.temporaryDirectory.path + "/fairlead-encryption-\(UUID().uuidString)"
        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: path) }  // what is left of a test does no harm
        var data: String { path + "/data.db" }

        /// The files that have the text in them.
        func files(with text: String) throws -> [String] {
            let wanted = Data(text.utf8)
            return try FileManager.default.subpathsOfDirectory(atPath: path).filter { name in
                (FileManager.default.contents(atPath: path + "/" + name) ?? Data()).range(of: wanted) != nil
            }
        }
    }

    private static func open(_ folder: Folder, encrypts: Bool = true, file: String? = nil) throws -> Store {
        let values = try EncryptionKeys.transformer(data: folder.data, makesKey: encrypts, file: file)
        return try Store.open(
            engine: SQLiteEngine(path: folder.data, migrations: SQLiteMigration.builtIn(), values: values))
    }

    private static func key(_ name: String, _ resource: String = "secrets") -> ObjectKey {
        ObjectKey(GroupResource(group: "", resource: resource), namespace: "ns", name: name)
    }

    private static func put(_ store: Store, _ key: ObjectKey, _ text: String = secret) async throws {
        let object: Value = [
            "metadata": ["name": .string(key.name), "namespace": "ns"], "data": ["p": .string(text)],
        ]
        _ = try await store.commit(Transaction(conditions: [], operations: [.put(key, Document(object))]))
    }

    private static func text(_ store: Store, _ key: ObjectKey) -> String? {
        store.current.object(key)?.value.at("data", "p")?.string
    }

    @Test func noFileHasASecretInTheClear() async throws {
        let folder = try Folder()
        let store = try Self.open(folder)
        try await Self.put(store, Self.key("a"))
        try await Self.put(store, Self.key("c", "configmaps"), "a-config-map")
        #expect(Self.text(store, Self.key("a")) == Self.secret)
        // The log has them now; after the end, the file.
        #expect(try folder.files(with: Self.secret).isEmpty)
        #expect(try !folder.files(with: "a-config-map").isEmpty)
        await store.close()
        #expect(try folder.files(with: Self.secret).isEmpty)
        #expect(try folder.files(with: "k8s:enc:aesgcm:v1:key-") == ["data.db"])
        let again = try Self.open(folder)
        #expect(Self.text(again, Self.key("a")) == Self.secret)
        #expect(again.damageFound.isEmpty)
        #expect(again.staleValuesFound == 0)
        await again.close()
    }

    @Test func theKeyIsForItsOwnerOnly() async throws {
        let folder = try Folder()
        await (try Self.open(folder)).close()
        let file = folder.path + "/data.pki/encryption.yaml"
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
        #expect(throws: EncryptionError.self) { try Self.open(folder) }
    }

    @Test func whatWasThereIsReadAndEncryptedByTheCommand() async throws {
        let folder = try Folder()
        let before = try Self.open(folder, encrypts: false)
        try await Self.put(before, Self.key("a"), "older")
        try await Self.put(before, Self.key("a"))
        await before.close()
        #expect(try folder.files(with: Self.secret) == ["data.db"])
        let after = try Self.open(folder)
        #expect(Self.text(after, Self.key("a")) == Self.secret)
        #expect(after.staleValuesFound == 2)
        await after.close()
        #expect(try folder.files(with: Self.secret) == ["data.db"])

        let values = try EncryptionKeys.transformer(data: folder.data, makesKey: true, file: nil)
        let done = try SQLiteReseal(path: folder.data, values: values)
        #expect(done.rewritten == 2)
        #expect(done.unreadable.isEmpty)
        #expect(try folder.files(with: Self.secret).isEmpty)
        #expect(try SQLiteReseal(path: folder.data, values: values).rewritten == 0)
        #expect(try SQLiteExamination(path: folder.data, values: values).findings.isEmpty)
        let store = try Self.open(folder)
        #expect(Self.text(store, Self.key("a")) == Self.secret)
        #expect(store.damageFound.isEmpty)
        await store.close()

        // And back.
        let clear = try EncryptionKeys.transformer(data: folder.data, makesKey: false, file: nil)
        #expect(try SQLiteReseal(path: folder.data, values: clear).rewritten == 2)
        #expect(try folder.files(with: Self.secret) == ["data.db"])
    }

    @Test func withoutItsKeyASecretIsUnreadableAndNotLost() async throws {
        let folder = try Folder()
        let store = try Self.open(folder)
        try await Self.put(store, Self.key("a"))
        try await Self.put(store, Self.key("c", "configmaps"), "a-config-map")
        await store.close()
        let keys = folder.path + "/data.pki/encryption.yaml"
        let kept = try String(contentsOfFile: keys, encoding: .utf8)
        try FileManager.default.removeItem(atPath: keys)

        let poor = try Self.open(folder, encrypts: false)
        #expect(Self.text(poor, Self.key("c", "configmaps")) == "a-config-map")
        let damage = try #require(poor.current.damaged[Self.key("a")])
        #expect(damage.isSealed)
        #expect(damage.reason.contains(#"no matching prefix found: it is encrypted with aesgcm key "key-"#))
        await poor.close()
        let examination = try SQLiteExamination(path: folder.data)
        #expect(examination.findings.count == 1)
        #expect(examination.findings.first?.contains("not examined") == true)

        try kept.write(toFile: keys, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keys)
        let rich = try Self.open(folder)
        #expect(Self.text(rich, Self.key("a")) == Self.secret)
        #expect(rich.damageFound.isEmpty)
        await rich.close()
    }
}
