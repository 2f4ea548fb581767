import Synchronization

/// Counts from zero.
final class Counter: Sendable {
    private let value = Mutex(0)

    /// The number before this call.
    func next() -> Int {
        value.withLock { value in
            defer { value &+= 1 }
            return value
        }
    }
}

/// How many are busy, up to a limit.
final class Gauge: Sendable {
    private let limit: Int
    private let value = Mutex(0)

    init(limit: Int) { self.limit = limit }

    /// False if as many as there may be are busy already.
    func enter() -> Bool {
        value.withLock { value in
            guard value < limit else { return false }
            value += 1
            return true
        }
    }

    func leave() { value.withLock { $0 -= 1 } }
}

/// A number that may be changed from anywhere.
final class Register: Sendable {
    private let number: Mutex<Int>

    init(_ number: Int) { self.number = Mutex(number) }

    var value: Int {
        get { number.withLock { $0 } }
        set { number.withLock { $0 = newValue } }
    }
}
