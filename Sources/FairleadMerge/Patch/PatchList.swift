import FairleadModel

/// A list stored in pieces, so that an insertion anywhere moves only a few hundred elements.
struct PatchList {
    private static let pieceSize = 512

    /// None is empty.
    private var pieces: [[PatchTree]] = []
    private(set) var count: Int

    init(_ elements: [Value]) {
        count = elements.count
        pieces.reserveCapacity(count / Self.pieceSize + 1)
        var start = 0
        while start < count {
            let end = min(start + Self.pieceSize, count)
            pieces.append(elements[start..<end].map { .whole($0) })
            start = end
        }
    }

    var values: [Value] {
        var result: [Value] = []
        result.reserveCapacity(count)
        for piece in pieces { for element in piece { result.append(element.value) } }
        return result
    }

    subscript(index: Int) -> PatchTree {
        let place = place(of: index)
        return pieces[place.piece][place.offset]
    }

    mutating func change<Result>(_ index: Int, _ body: (inout PatchTree) -> Result) -> Result {
        let place = place(of: index)
        return body(&pieces[place.piece][place.offset])
    }

    mutating func insert(_ element: PatchTree, at index: Int) {
        count += 1
        if pieces.isEmpty { return pieces.append([element]) }
        var place = (piece: pieces.count - 1, offset: pieces[pieces.count - 1].count)
        if index < count - 1 { place = self.place(of: index) }
        pieces[place.piece].insert(element, at: place.offset)
        guard pieces[place.piece].count > 2 * Self.pieceSize else { return }
        let tail = Array(pieces[place.piece][Self.pieceSize...])
        pieces[place.piece].removeLast(tail.count)
        pieces.insert(tail, at: place.piece + 1)
    }

    mutating func remove(at index: Int) -> PatchTree {
        count -= 1
        let place = place(of: index)
        let removed = pieces[place.piece].remove(at: place.offset)
        if pieces[place.piece].isEmpty { pieces.remove(at: place.piece) }
        return removed
    }

    func isSameJSON(as elements: [Value]) -> Bool {
        guard count == elements.count else { return false }
        var index = 0
        for piece in pieces {
            for element in piece {
                guard element.isSameJSON(as: elements[index]) else { return false }
                index += 1
            }
        }
        return true
    }

    /// - Parameter index: the index of an existing element.
    private func place(of index: Int) -> (piece: Int, offset: Int) {
        var piece = 0
        var offset = index
        while offset >= pieces[piece].count {
            offset -= pieces[piece].count
            piece += 1
        }
        return (piece, offset)
    }

    /// The index given by a step; negative ones count from the end. `limit` is the number of valid indexes.
    static func index(_ text: String, limit: Int) -> Int? {
        guard let index = Int(text), index < limit, index >= -limit else { return nil }
        return index < 0 ? index + limit : index
    }
}
