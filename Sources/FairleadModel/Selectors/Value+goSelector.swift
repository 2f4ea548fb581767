extension Value {
    /// A meta/v1 LabelSelector as Go prints a pointer to one (`%v`), which stands in some messages.
    package static func goText(ofSelector selector: Value?) -> String {
        guard let selector, case .object = selector else { return "nil" }
        let labels = selector["matchLabels"]?.stringMap.sorted { $0.key < $1.key } ?? []
        let map = labels.map { "\($0.key): \($0.value)," }.joined()
        let expressions = selector["matchExpressions"]?.array ?? []
        let requirements = expressions.map { expression in
            let values = expression["values"]?.array?.compactMap(\.string) ?? []
            return "LabelSelectorRequirement{Key:\(expression["key"]?.string ?? ""),"
                + "Operator:\(expression["operator"]?.string ?? ""),Values:[\(values.joined(separator: " "))],},"
        }
        return "&LabelSelector{MatchLabels:map[string]string{\(map)},"
            + "MatchExpressions:[]LabelSelectorRequirement{\(requirements.joined())},}"
    }
}
