/// Which controllers run: the value of kube-controller-manager's flag `--controllers`.
///
/// A list of `*` (all that are on by default), `name` (enable it) and `-name` (disable it). If several items concern
/// one controller, the first one counts; without `*`, only the named controllers run.
package struct ControllerSelection: Sendable, Hashable {
    /// A name that no controller has.
    package struct UnknownName: Error, Hashable, CustomStringConvertible {
        package let name: String
        package let known: [String]

        package var description: String {
            "\"\(name)\" is not in the list of known controllers: \(known.joined(separator: ", "))"
        }
    }

    /// All controllers that are on by default.
    package static let standard = ControllerSelection(items: ["*"])

    private let items: [String]

    private init(items: [String]) { self.items = items }

    /// - Parameters:
    ///   - text: items separated by commas; white space around them is ignored.
    ///   - known: the name of every controller; `aliases` maps other names to these.
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
