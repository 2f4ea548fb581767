#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Kubernetes compares texts bytewise. Swift's `==` and `<` test for Unicode equivalence instead: they consider both
/// spellings of "é" equal, and the Kelvin sign a K. Everything that comes from clients is compared with these
/// functions; Swift's own hashing may be used, because texts with equal bytes are equivalent, too.
extension String {
    /// Whether this comes first in bytewise order.
    package func isBefore(_ other: String) -> Bool { order(other) < 0 }

    package func isSameBytes(as other: String) -> Bool { isStoredLike(other) || hasSameBytes(as: other) }

    /// Whether both share their storage, or are both stored without any: so are all texts of up to 15 bytes.
    private func isStoredLike(_ other: String) -> Bool {
        unsafeBitCast(self, to: (UInt64, UInt64).self) == unsafeBitCast(other, to: (UInt64, UInt64).self)
    }

    private func hasSameBytes(as other: String) -> Bool {
        withBytes(of: other) { left, right in
            guard left.count == right.count, let own = left.baseAddress, let others = right.baseAddress else {
                return left.count == right.count
            }
            return memcmp(own, others, left.count) == 0
        }
    }

    /// Negative if this comes first in bytewise order, 0 if both are equal, positive if `other` comes first.
    package func order(_ other: String) -> Int {
        if isStoredLike(other) { return 0 }
        return withBytes(of: other) { left, right in
            let common = min(left.count, right.count)
            guard common > 0, let own = left.baseAddress, let others = right.baseAddress else {
                return left.count - right.count
            }
            let order = memcmp(own, others, common)
            return order == 0 ? left.count - right.count : Int(order)
        }
    }

    /// Copies neither text, unless its bytes are not contiguous (bridged from Objective-C).
    private func withBytes<Result>(
        of other: String, _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        let found = utf8.withContiguousStorageIfAvailable { own in
            other.utf8.withContiguousStorageIfAvailable { others in body(own, others) }
        }
        if let found, let found { return found }
        var left = self
        var right = other
        return left.withUTF8 { own in right.withUTF8 { others in body(own, others) } }
    }
}

/// A text as a member of sets and a key of dictionaries, compared bytewise.
package struct ByteText: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: ByteText, right: ByteText) -> Bool { left.text.isSameBytes(as: right.text) }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

/// A dictionary whose keys are compared bytewise.
package struct ByteMap<Element> {
    private var elements: [ByteText: Element] = [:]

    package init() {}

    /// - Precondition: no key occurs twice.
    package init(uniqueKeysWithValues pairs: some Sequence<(String, Element)>) {
        elements = Dictionary(uniqueKeysWithValues: pairs.lazy.map { (ByteText($0.0), $0.1) })
    }

    package var count: Int { elements.count }
    package var isEmpty: Bool { elements.isEmpty }
    package var keys: some Sequence<String> { elements.keys.lazy.map(\.text) }
    package var values: some Sequence<Element> { elements.values }

    package subscript(key: String) -> Element? {
        get { elements[ByteText(key)] }
        _modify { yield &elements[ByteText(key)] }
    }

    @discardableResult
    package mutating func removeValue(forKey key: String) -> Element? { elements.removeValue(forKey: ByteText(key)) }
}

extension ByteMap: Sendable where Element: Sendable {}

extension ByteMap: Sequence {
    package func makeIterator() -> some IteratorProtocol<(key: String, value: Element)> {
        elements.lazy.map { (key: $0.key.text, value: $0.value) }.makeIterator()
    }
}
