import FairleadModel

extension CustomDefinition {
    /// `com.example.v1.Thing`.
    static func schemaName(group: String, version: String, kind: String) -> String {
        (group.split(separator: ".").reversed().map(String.init) + [version, kind]).joined(separator: ".")
    }

    /// `storageVersionHash` of what is stored as `group/version/Kind`.
    static func storageHash(_ text: String) -> String { Base64.encode(SHA256.hash(Array(text.utf8)).prefix(8)) }

    /// FNV-1a: it identifies the content, but does not protect it.
    static func fingerprint(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
