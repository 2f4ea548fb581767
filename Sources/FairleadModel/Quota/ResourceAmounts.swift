/// Amounts of named resources, as in a ResourceList.
package struct ResourceAmounts: Sendable, Equatable {
    package private(set) var amounts: [String: Quantity]

    package init(_ amounts: [String: Quantity] = [:]) { self.amounts = amounts }

    /// Parses a ResourceList; members that are not quantities are left out.
    package init(_ list: Value?) {
        amounts = [:]
        for member in list?.object?.members ?? [] {
            amounts[member.key] = member.value.string.flatMap { Quantity($0) }
        }
    }

    package subscript(name: String) -> Quantity? {
        get { amounts[name] }
        set { amounts[name] = newValue }
    }

    package var names: [String] { amounts.keys.sorted() }
    package var isEmpty: Bool { amounts.isEmpty }

    /// Sums; a name that only one side has keeps its amount.
    package static func + (left: ResourceAmounts, right: ResourceAmounts) -> ResourceAmounts {
        ResourceAmounts(left.amounts.merging(right.amounts) { $0 + $1 })
    }

    package static func - (left: ResourceAmounts, right: ResourceAmounts) -> ResourceAmounts {
        var result = left.amounts
        for (name, amount) in right.amounts { result[name] = (result[name] ?? Quantity(0)) - amount }
        return ResourceAmounts(result)
    }

    /// The larger amount for each name.
    package func maximum(_ other: ResourceAmounts) -> ResourceAmounts {
        ResourceAmounts(amounts.merging(other.amounts) { max($0, $1) })
    }

    package func filter(_ isIncluded: (String, Quantity) -> Bool) -> ResourceAmounts {
        ResourceAmounts(amounts.filter { isIncluded($0.key, $0.value) })
    }

    package func only(_ names: some Sequence<String>) -> ResourceAmounts {
        let wanted = Set(names)
        return filter { name, _ in wanted.contains(name) }
    }

    /// The form of a ResourceList.
    package var value: Value { .object(Object(amounts.map { ($0.key, .string($0.value.description)) })) }

    /// `a=1,b=2`, the format of amounts in messages about quotas.
    package var text: String {
        names.compactMap { name in amounts[name].map { "\(name)=\($0)" } }.joined(separator: ",")
    }
}
