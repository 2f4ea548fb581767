/// Hashes as they stand in the names of what controllers make: FNV with 32 bits, in letters and digits that form no
/// words.
package enum NameHash {
    private static let start: UInt32 = 2_166_136_261
    private static let prime: UInt32 = 16_777_619
    private static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")

    package static func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt32 {
        bytes.reduce(start) { ($0 ^ UInt32($1)) &* prime }
    }

    package static func fnv1(_ bytes: some Sequence<UInt8>) -> UInt32 {
        bytes.reduce(start) { ($0 &* prime) ^ UInt32($1) }
    }

    /// The number's decimal digits, each replaced by a harmless character.
    package static func text(of hash: UInt32) -> String {
        String(String(hash).utf8.map { alphabet[Int($0) % alphabet.count] })
    }
}
