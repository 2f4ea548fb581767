/// Patterns in which `*` stands for any text, also an empty one, and `?` for one character.
package enum Wildcard {
    /// Takes time in proportion to the product of both lengths at most.
    package static func matches(_ pattern: String, _ text: String) -> Bool {
        let pattern = Array(pattern.utf8)
        let text = Array(text.utf8)
        var (place, position) = (0, 0)
        // The last star, and where what it stands for ends so far.
        var star: (place: Int, end: Int)?
        while position < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                star = (place, position)
                place += 1
            } else if place < pattern.count, pattern[place] == text[position] || pattern[place] == UInt8(ascii: "?") {
                place += 1
                position += 1
            } else if let last = star {
                star = (last.place, last.end + 1)
                place = last.place + 1
                position = last.end + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
