import Synchronization

/// The keys that transactions leave their mark in, so that none is carried out twice and each one's outcome can be
/// looked up.
///
/// A transaction requires that the slot's key is as it was, and writes its own mark there. So of all its attempts,
/// however long they are under way, at most one is carried out; and whoever finds the mark knows that one was, and at
/// which revision. A slot serves one transaction at a time. Its key is always there when it is used: one that is found to
/// be gone has been tidied away, and with it the knowledge of earlier attempts.
final class TransactionSlots: Sendable {
    struct Slot: Sendable {
        var key: [UInt8]
        /// When the key was last written.
        var revision: Int64 = 0
        /// Whether the key must be written before it is used: it may not be there, or an attempt of an earlier
        /// transaction may still be under way.
        var isDoubtful = true
        fileprivate var number: Int
    }

    private struct State {
        /// The slots that are free, the lowest number last.
        var free: [Slot] = []
        var made = 0
        var marks = 0
    }

    private let root: [UInt8]
    private let state = Mutex(State())
    /// Differs from that of every other process.
    private let name: String

    init(_ keys: EtcdKeys) {
        name = String(UInt64.random(in: .min ... .max), radix: 36)
        root = keys.transactions + Array((name + "/").utf8)
    }

    /// What is written in a slot to end what was before.
    static let settled = Array("settled".utf8)

    /// New slots, whose keys are to be written.
    func make(_ count: Int) -> [Slot] {
        state.withLock { state in
            (0..<count).map { _ in
                defer { state.made += 1 }
                return Slot(key: root + Array(String(state.made).utf8), number: state.made)
            }
        }
    }

    /// Takes slots whose keys have been written.
    func take(_ slots: [Slot], at revision: Int64) {
        for var slot in slots {
            slot.revision = revision
            slot.isDoubtful = false
            giveBack(slot)
        }
    }

    /// A slot, and the mark of the transaction that uses it.
    func take() -> (slot: Slot, mark: [UInt8]) {
        state.withLock { state in
            state.marks += 1
            let mark = Array("\(name)-\(state.marks)".utf8)
            if let slot = state.free.popLast() { return (slot, mark) }
            defer { state.made += 1 }
            return (Slot(key: root + Array(String(state.made).utf8), number: state.made), mark)
        }
    }

    func giveBack(_ slot: Slot) {
        state.withLock { state in
            let place = state.free.firstIndex { $0.number < slot.number } ?? state.free.endIndex
            state.free.insert(slot, at: place)
        }
    }

    /// A key that is written to make the store's revision grow.
    var beat: [UInt8] { root + Array("beat".utf8) }
}
