/// The current place of a walk through a document; its text is built on demand: `spec.ports[0].port`.
package struct DocumentPath: Sendable, CustomStringConvertible {
    package enum Step: Sendable {
        case name(String)
        case index(Int)
    }

    package private(set) var steps: [Step] = []

    package init() {}

    package mutating func append(_ step: Step) { steps.append(step) }
    package mutating func removeLast() { steps.removeLast() }

    package var description: String {
        var text = ""
        for step in steps {
            switch step {
            case .name(let name):
                if !text.isEmpty { text += "." }
                text += name
            case .index(let index): text += "[\(index)]"
            }
        }
        return text
    }
}
