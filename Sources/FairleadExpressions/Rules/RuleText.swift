/// Single-pass functions on the bytes of texts.
enum RuleText {
    /// The offsets of `part` (not empty) in `whole`, without overlaps; at most `limit` of them.
    static func places(of part: [UInt8], in whole: [UInt8], limit: Int = .max) -> [Int] {
        var places: [Int] = []
        guard let first = part.first, part.count <= whole.count else { return places }
        var position = 0
        let last = whole.count - part.count
        while position <= last, places.count < limit {
            if whole[position] == first, whole[position..<(position + part.count)].elementsEqual(part) {
                places.append(position)
                position += part.count
            } else {
                position += 1
            }
        }
        return places
    }

    /// The offsets at which the characters of a text begin.
    static func starts(_ text: [UInt8]) -> [Int] { text.indices.filter { text[$0] & 0xC0 != 0x80 } }

    static func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
