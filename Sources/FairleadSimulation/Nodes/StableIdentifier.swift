import FairleadModel

/// Identifiers derived from what they stand for: the same in every run, and so after a restart.
enum StableIdentifier {
    /// `count` hexadecimal digits.
    static func hex(of text: String, count: Int) -> String {
        var result = ""
        var round: UInt64 = 0
        while result.utf8.count < count {
            let digits = String(hash(text, seed: round), radix: 16)
            result += String(repeating: "0", count: 16 - digits.count) + digits
            round += 1
        }
        return String(result.prefix(count))
    }

    static func uuid(of text: String) -> String {
        Environment.uuid(high: hash(text, seed: 1), low: hash(text, seed: 2))
    }

    /// FNV-1a with a final mixing step, so that similar texts give very different numbers.
    static func hash(_ text: String, seed: UInt64) -> UInt64 {
        var hash: UInt64 = 14_695_981_039_346_656_037 ^ (seed &* 0x9E37_79B9_7F4A_7C15)
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
        hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        return hash ^ (hash >> 33)
    }
}
