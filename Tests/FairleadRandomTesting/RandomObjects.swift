package import FairleadModel
package import FairleadSchema

/// Objects made up from the schema: only what protobuf can tell apart.
package struct RandomObjects {
    package var numbers: SplitMix64

    private let anything: [Value] = [
        ["f:metadata": ["f:labels": ["f:app": .object(Object())]]], ["a": [1, "x", true]], ["n": .double(1.5)],
        ["s": "t"],
    ]

    package init(seed: UInt64) { numbers = SplitMix64(seed: seed) }

    package mutating func object(of type: TypeSchema, depth: Int = 0) -> Value {
        var result = Object()
        let odds = depth < 2 ? 2 : depth * 2
        for field in type.fields {
            let isInline = type.protoInline.contains { $0.fields[field.name] != nil }
            guard field.protoNumber != nil || isInline, Int.random(in: 0..<odds, using: &numbers) == 0,
                let value = value(field.shape, isPointer: field.isPointer, depth: depth)
            else { continue }
            result[field.name] = value
        }
        return .object(result)
    }

    private mutating func value(_ shape: Shape, isPointer: Bool, depth: Int) -> Value? {
        let choice = Int.random(in: 0..<4, using: &numbers)
        switch shape {
        case .string: return .string(["", "a", "é\u{0}\n", String(repeating: "long ", count: 60)][choice])
        case .bool: return .bool(choice > 0)
        case .int32: return .int([0, 7, Int64(Int32.min), Int64(Int32.max)][choice])
        case .int64: return .int([0, 300, .min, .max][choice])
        case .double: return .double([0, 0.5, -1e300, 3.25][choice])
        case .bytes: return .string(["", "AA==", "//79", "aGVsbG8gd29ybGQ="][choice])
        case .time: return .string(["2026-01-02T03:04:05Z", "1969-12-31T23:59:59Z"][choice & 1])
        case .microTime: return .string(["2026-01-02T03:04:05.000001Z", "1970-01-01T00:00:00.000000Z"][choice & 1])
        case .quantity: return .string(["0", "100m", "1Gi", "3"][choice])
        case .intOrString:
            let values: [Value] = [isPointer ? 0 : 1, 8080, "http", "50%"]
            return values[choice]
        case .any: return anything[choice]
        case .list(let element):
            var items: [Value] = []
            for _ in 0...choice {
                if let item = value(element, isPointer: true, depth: depth + 1) { items.append(item) }
            }
            return .array(items)
        case .map(let element):
            var members = Object()
            for index in 0...choice {
                if let item = value(element, isPointer: true, depth: depth + 1) { members["k\(index)"] = item }
            }
            return .object(members)
        case .object(let type): return depth > 7 ? nil : object(of: type, depth: depth + 1)
        case .recursive: return nil
        }
    }
}
