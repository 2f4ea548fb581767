import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The system's random bytes, fetched 256 at a time (the maximum of getentropy): a create needs a dozen small numbers,
/// and each would be a system call of its own. No word is used twice.
final class RandomPool: Sendable {
    static let shared = RandomPool()

    struct Generator: RandomNumberGenerator {
        private var words: [UInt64] = []
        mutating func next() -> UInt64 {
            if words.isEmpty { words = Self.fetch() }
            return words.removeLast()
        }

        private static func fetch() -> [UInt64] {
            var words = [UInt64](repeating: 0, count: 32)
            let isFilled = words.withUnsafeMutableBytes { bytes in
                bytes.baseAddress.map { getentropy($0, bytes.count) == 0 } ?? false
            }
            if isFilled { return words }
            var system = SystemRandomNumberGenerator()
            return words.map { _ in system.next() }
        }
    }

    private let generator = Mutex(Generator())

    func take<Result: Sendable>(_ body: (inout Generator) -> Result) -> Result {
        generator.withLock { body(&$0) }
    }
}
