import FairleadModel
import FairleadStorage
import Foundation
import Testing

@testable import FairleadEncryption

struct EncryptedValuesTests {
    static let first = Data((0..<32).map { UInt8($0) }).base64EncodedString()
    static let second = Data((0..<32).map { UInt8(200 - $0) }).base64EncodedString()

    static func configuration(_ providers: String, resources: String = "[secrets]") throws -> EncryptionConfiguration {
        try EncryptionConfiguration(
            """
            {kind: EncryptionConfiguration, apiVersion: apiserver.config.k8s.io/v1,
             resources: [{resources: \(resources), providers: [\(providers)]}]}
            """)
    }

    static func provider(_ kind: String, _ keys: (String, String)...) -> String {
        let list = keys.map { "{name: \($0.0), secret: \"\($0.1)\"}" }.joined(separator: ", ")
        return "{\(kind): {keys: [\(list)]}}"
    }

    static let key = ObjectKey(GroupResource(group: "", resource: "secrets"), namespace: "ns", name: "a")
    static let clear = Array(#"{"metadata":{"name":"a","namespace":"ns"},"data":{"p":"aHVudGVyMg=="}}"#.utf8)

    @Test(arguments: ["aesgcm", "aescbc", "secretbox"])
    func whatIsSealedCanBeOpened(kind: String) throws {
        let values = EncryptedValues(
            try Self.configuration(Self.provider(kind, ("k1", Self.first)) + ", {identity: {}}"))
        let sealed = try values.seal(Self.clear, of: Self.key)
        #expect(String(decoding: sealed, as: UTF8.self).hasPrefix("k8s:enc:\(kind):v1:k1:"))
        #expect(!String(decoding: sealed, as: UTF8.self).contains("hunter"))
        #expect(try values.seal(Self.clear, of: Self.key) != sealed)
        let opened = try values.open(sealed, of: Self.key)
        #expect(opened.document == Self.clear)
        #expect(!opened.isStale)
        // What was there before is read, and is to be written anew.
        let old = try values.open(Self.clear, of: Self.key)
        #expect(old.document == Self.clear)
        #expect(old.isStale)
        // Other resources are left alone.
        let other = ObjectKey(GroupResource(group: "", resource: "configmaps"), namespace: "ns", name: "a")
        #expect(try values.seal(Self.clear, of: other) == Self.clear)
        #expect(try !values.open(Self.clear, of: other).isStale)
    }

    @Test(arguments: ["aesgcm", "secretbox"])
    func aChangedValueIsNotOpened(kind: String) throws {
        let values = EncryptedValues(try Self.configuration(Self.provider(kind, ("k1", Self.first))))
        let sealed = try values.seal(Self.clear, of: Self.key)
        for place in [sealed.count - 1, sealed.count / 2, "k8s:enc:".utf8.count + kind.utf8.count + 7] {
            var changed = sealed
            changed[place] ^= 1
            #expect(throws: UnreadableValue.self) { try values.open(changed, of: Self.key) }
        }
        #expect(throws: UnreadableValue.self) { try values.open(Array(sealed.prefix(30)), of: Self.key) }
    }

    @Test func aValueBelongsToItsPlace() throws {
        let values = EncryptedValues(try Self.configuration(Self.provider("aesgcm", ("k1", Self.first))))
        let sealed = try values.seal(Self.clear, of: Self.key)
        let other = ObjectKey(Self.key.resource, namespace: "ns", name: "b")
        #expect(throws: UnreadableValue.self) { try values.open(sealed, of: other) }
    }

    @Test func theFirstKeyWritesAndAllRead() throws {
        let old = EncryptedValues(try Self.configuration(Self.provider("aesgcm", ("k1", Self.first))))
        let sealed = try old.seal(Self.clear, of: Self.key)
        let new = EncryptedValues(
            try Self.configuration(Self.provider("aesgcm", ("k2", Self.second), ("k1", Self.first))))
        #expect(try new.open(sealed, of: Self.key).isStale)
        let fresh = try new.seal(Self.clear, of: Self.key)
        #expect(try !new.open(fresh, of: Self.key).isStale)
        let problem = #expect(throws: UnreadableValue.self) { try old.open(fresh, of: Self.key) }
        #expect(problem?.reason.contains(#"no matching prefix found: it is encrypted with aesgcm key "k2""#) == true)
        // Turned off again: read, and written in the clear.
        let off = EncryptedValues(
            try Self.configuration("{identity: {}}, " + Self.provider("aesgcm", ("k1", Self.first))))
        #expect(try off.open(sealed, of: Self.key).isStale)
        #expect(try off.seal(Self.clear, of: Self.key) == Self.clear)
        #expect(try !off.open(Self.clear, of: Self.key).isStale)
    }

    @Test func anotherKeyOfTheSameNameIsToldApart() throws {
        let one = EncryptedValues(try Self.configuration(Self.provider("aesgcm", ("k1", Self.first))))
        let other = EncryptedValues(try Self.configuration(Self.provider("aesgcm", ("k1", Self.second))))
        let sealed = try one.seal(Self.clear, of: Self.key)
        let problem = #expect(throws: UnreadableValue.self) { try other.open(sealed, of: Self.key) }
        #expect(problem?.reason.contains("not the one it is encrypted with") == true)
    }

    @Test func withoutIdentityNothingClearIsRead() throws {
        let values = EncryptedValues(try Self.configuration(Self.provider("aesgcm", ("k1", Self.first))))
        #expect(throws: UnreadableValue.self) { try values.open(Self.clear, of: Self.key) }
    }

    @Test(arguments: [
        ("secrets", true, false), ("*.", true, false), ("*.*", true, true), ("*.apps", false, true),
        ("deployments.apps", false, true), ("configmaps", false, false),
    ])
    func wildcards(resource: String, secrets: Bool, deployments: Bool) throws {
        let configuration = try Self.configuration("{identity: {}}", resources: #"["\#(resource)"]"#)
        #expect((configuration.rule(of: GroupResource(group: "", resource: "secrets")) != nil) == secrets)
        #expect((configuration.rule(of: GroupResource(group: "apps", resource: "deployments")) != nil) == deployments)
    }

    @Test(arguments: [
        ("{}", "[secrets]", "exactly one provider"),
        ("{kms: {name: x}}", "[secrets]", "not supported"),
        ("{aesgcm: {keys: []}}", "[secrets]", "at least one"),
        (#"{aesgcm: {keys: [{name: "", secret: "AAAA"}]}}"#, "[secrets]", "name"),
        (#"{aesgcm: {keys: [{name: a, secret: "AAAA"}]}}"#, "[secrets]", "expected length, got 3"),
        (#"{aesgcm: {keys: [{name: a, secret: "!"}]}}"#, "[secrets]", "base64"),
        (
            #"{secretbox: {keys: [{name: a, secret: "AAAAAAAAAAAAAAAAAAAAAA=="}]}}"#, "[secrets]",
            "expected length, got 16"
        ),
        ("{identity: {}}", "[]", "at least one"),
        ("{identity: {}}", #"["secrets", "*."]"#, "overlapping"),
        ("{identity: {}}", #"["secrets", "secrets"]"#, "overlapping"),
        ("{identity: {}}", #"["*"]"#, "Invalid value"),
    ])
    func whatIsWrongIsSaid(providers: String, resources: String, words: String) throws {
        let problem = #expect(throws: EncryptionError.self) {
            try Self.configuration(providers, resources: resources)
        }
        #expect(problem?.description.contains(words) == true, "\(problem?.description ?? "")")
    }

    @Test(arguments: ["", "kind: Secret", "[1", "kind: EncryptionConfiguration\napiVersion: v1"])
    func whatIsNoConfigurationIsRefused(text: String) {
        #expect(throws: EncryptionError.self) { try EncryptionConfiguration(text) }
    }
}
