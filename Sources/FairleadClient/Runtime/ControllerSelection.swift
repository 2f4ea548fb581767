/// Which controllers run: what kube-controller-manager's flag `--controllers` says.
///
/// A list of `*` (all that are on by default), `name` (this one) and `-name` (not this one). Of several items about one
/// controller the first counts; a list without `*` means those it names alone.
package struct ControllerSelection: Sendable, Hashable {
    /// A name that no controller has.
    package struct UnknownName: Error, Hashable, CustomStringConvertible {
        package let name: String
        package let known: [String]

        package var description: String {
            "\"\(name)\" is not in the list of known controllers: \(known.joined(separator: ", "))"
        }
    }

    /// What is on by default.
    package static let standard = ControllerSelection(items: ["*"])

    private let items: [String]

    private init(items: [String]) { self.items = items }

    /// - Parameters:
    ///   - text: items separated by commas; white space around them does not count.
    ///   - known: the name of every controller; `aliases` lead from other names to them.
    package init(_ text: String, known: [String], aliases: [String: String] = [:]) throws(UnknownName) {
        var items: [String] = []
        for part in text.split(separator: ",") {
            let item = part.filter { !$0.isWhitespace }
            if item.isEmpty { continue }
            let isOff = item.hasPrefix("-")
            let name = isOff ? String(item.dropFirst()) : item
            let canonical = aliases[name] ?? name
            guard item == "*" || known.contains(canonical) else { throw UnknownName(name: name, known: known) }
            items.append((isOff ? "-" : "") + canonical)
        }
        self.items = items
    }

    package func includes(_ name: String, isOnByDefault: Bool = true) -> Bool {
        for item in items {
            if item == name { return true }
            if item == "-" + name { return false }
        }
        return isOnByDefault && items.contains("*")
    }
}
