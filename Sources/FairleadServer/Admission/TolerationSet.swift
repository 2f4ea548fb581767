import FairleadModel

/// Tolerations, and what they tolerate together. What a look-up costs does not depend on how many there are.
///
/// Reference: `pkg/util/tolerations` of Kubernetes.
struct TolerationSet {
    /// All that tolerate the same taints, but for different times.
    private struct Taints: Hashable {
        var key: String
        var effect: String
        /// nil for every value.
        var value: String?
    }

    /// How long at most; nil for ever.
    private var longest: [Taints: Int64?] = [:]

    init() {}

    init(_ tolerations: [Value]) { for toleration in tolerations { insert(toleration) } }

    mutating func insert(_ toleration: Value) {
        let taints = Self.taints(toleration)
        let seconds = Self.seconds(toleration)
        guard case .some(let known) = longest[taints] else {
            longest[taints] = .some(seconds)
            return
        }
        guard let known else { return }
        longest[taints] = .some(seconds.map { max($0, known) })
    }

    /// Whether one of them tolerates all that the given one does.
    func includes(_ toleration: Value) -> Bool { includes(toleration, orEqual: true) }

    /// Whether one of them tolerates more than the given one.
    func exceeds(_ toleration: Value) -> Bool { includes(toleration, orEqual: false) }

    private func includes(_ toleration: Value, orEqual: Bool) -> Bool {
        let own = Self.taints(toleration)
        let seconds = Self.seconds(toleration)
        for key in Set([own.key, ""]) {
            for effect in Set([own.effect, ""]) {
                for value in Set([own.value, nil]) {
                    let wide = Taints(key: key, effect: effect, value: value)
                    // An empty key stands for all keys only with Exists.
                    guard key == own.key || value == nil, case .some(let limit) = longest[wide] else { continue }
                    guard let limit else {
                        if orEqual || wide != own || seconds != nil { return true }
                        continue
                    }
                    guard let seconds else { continue }
                    if seconds < limit || seconds == limit && (orEqual || wide != own) { return true }
                }
            }
        }
        return false
    }

    /// Without those that others of the list include. Of equal ones the first stays.
    static func merged(_ all: [Value]) -> [Value] {
        var later = TolerationSet()
        var isExceeded = [Bool](repeating: false, count: all.count)
        for index in all.indices.reversed() {
            isExceeded[index] = later.exceeds(all[index])
            later.insert(all[index])
        }
        var kept = TolerationSet()
        var result: [Value] = []
        for (index, toleration) in all.enumerated() where !isExceeded[index] && !kept.includes(toleration) {
            kept.insert(toleration)
            result.append(toleration)
        }
        return result
    }

    private static func taints(_ toleration: Value) -> Taints {
        let value = toleration.text("operator") == "Exists" ? nil : toleration.text("value")
        return Taints(key: toleration.text("key"), effect: toleration.text("effect"), value: value)
    }

    /// Only evictions are put off.
    private static func seconds(_ toleration: Value) -> Int64? {
        toleration.text("effect") == "NoExecute" ? toleration["tolerationSeconds"]?.int : nil
    }
}
