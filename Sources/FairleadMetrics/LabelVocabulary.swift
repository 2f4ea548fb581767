import Synchronization

/// Names that users choose, as values of a label: as many as there is room for, and `other` for all that come later.
package final class LabelVocabulary: Sendable {
    private let names = Mutex<Set<String>>([])
    private let capacity: Int

    /// - Parameter capacity: names beyond this number share a label.
    package init(capacity: Int = 256) { self.capacity = capacity }

    package func label(_ name: String) -> String {
        names.withLock { names in
            if names.contains(name) { return name }
            guard names.count < capacity else { return "other" }
            names.insert(name)
            return name
        }
    }
}
