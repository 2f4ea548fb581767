import FairleadModel
import FairleadRouting

/// Commands that turn the table from one state into another, in one transaction.
package struct RulesetChange: Sendable {
    /// What an element was and becomes; nil if it was not there or goes. The value of a set's element is empty.
    struct Element: Sendable {
        var old: String?
        var new: String?
    }

    private(set) var elements: [Place: [String: Element]] = [:]
    var newSets: [String: String] = [:]
    var newChains: [String: [String]] = [:]
    var changedChains: [String: [String]] = [:]
    var goneChains: Set<String> = []
    var goneSets: Set<String> = []

    package init() {}

    mutating func remove(_ key: String, _ value: String = "", from place: Place) {
        elements[place, default: [:]][key, default: Element(old: value, new: nil)].new = nil
    }

    /// After all removals.
    mutating func add(_ key: String, _ value: String = "", to place: Place) {
        elements[place, default: [:]][key, default: Element(old: nil, new: nil)].new = value
    }

    private func differing(_ place: Place) -> [(key: String, element: Element)] {
        (elements[place] ?? [:]).filter { $0.value.old != $0.value.new }.map { ($0.key, $0.value) }
            .sorted { $0.key < $1.key }
    }

    package var isEmpty: Bool {
        newSets.isEmpty && newChains.isEmpty && changedChains.isEmpty && goneChains.isEmpty && goneSets.isEmpty
            && !elements.keys.contains { !differing($0).isEmpty }
    }

    /// The commands, in an order in which nothing is used before it is there or removed while it is used.
    package var commands: [String] {
        let table = Skeleton.table
        var commands = newSets.sorted { $0.key < $1.key }.map { "add set \(table) \($0.key) \($0.value)" }
        commands += newChains.keys.sorted().map { "add chain \(table) \($0)" }
        commands += (changedChains.keys.sorted() + goneChains.sorted()).map { "flush chain \(table) \($0)" }
        for (name, rules) in (newChains.map { $0 } + changedChains.map { $0 }).sorted(by: { $0.key < $1.key }) {
            commands += rules.map { "add rule \(table) \(name) \($0)" }
        }
        let places = elements.keys.sorted { $0.name < $1.name }.map { ($0, differing($0)) }
        for (place, elements) in places {
            let keys = elements.filter { $0.element.old != nil }.map(\.key)
            if !keys.isEmpty {
                commands.append("delete element \(table) \(place.name) { \(keys.joined(separator: ", ")) }")
            }
        }
        for (place, elements) in places {
            let texts = elements.compactMap { key, element in
                element.new.map { $0.isEmpty ? key : "\(key) : \($0)" }
            }
            if !texts.isEmpty {
                commands.append("add element \(table) \(place.name) { \(texts.joined(separator: ", ")) }")
            }
        }
        commands += goneChains.sorted().map { "delete chain \(table) \($0)" }
        return commands + goneSets.sorted().map { "delete set \(table) \($0)" }
    }

    /// One line, which nft takes as one transaction.
    package var script: String { commands.joined(separator: "; ") }
}
