package import FairleadModel
import Synchronization

extension Environment {
    /// Time stands still and chance is the same in every run.
    package static func repeatable(seed: UInt64) -> Environment {
        let state = Counter(seed)
        return Environment(
            now: { Timestamp(seconds: 1_700_000_000) },
            newUID: { Environment.uuid(high: state.next(), low: state.next()) },
            randomSuffix: { length in
                String(
                    decoding: (0..<length).map { _ in Environment.suffixAlphabet[Int(state.next() % 27)] },
                    as: UTF8.self)
            })
    }
}

private final class Counter: Sendable {
    private let state: Mutex<UInt64>
    init(_ seed: UInt64) { state = Mutex(seed) }
    func next() -> UInt64 {
        state.withLock { state in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
    }
}
