/// One instruction of a pattern's machine.
enum PatternInstruction: Sendable {
    /// Consumes one character of the set.
    case scalars(ScalarSet)
    case assert(PatternAssertion)
    case jump(Int)
    case split(Int, Int)
    case match
}

/// Compiles a parsed pattern into instructions.
struct PatternCompiler {
    private(set) var program: [PatternInstruction] = []
    private var work = 0

    /// Like RE2, it refuses patterns that grow too large.
    static let limit = 50_000

    mutating func compile(_ node: PatternNode, _ text: String) throws(Pattern.SyntaxError) {
        try emit(node, text)
        program.append(.match)
    }

    private mutating func emit(_ node: PatternNode, _ text: String) throws(Pattern.SyntaxError) {
        // Nodes that emit nothing take time as well, if they are repeated.
        work += 1
        guard program.count < Self.limit, work < 4 * Self.limit else { throw .tooLarge(text) }
        switch node {
        case .empty: break
        case .scalars(let set): program.append(.scalars(set.normalized))
        case .assertion(let assertion): program.append(.assert(assertion))
        case .sequence(let nodes): for node in nodes { try emit(node, text) }
        case .choice(let nodes): try emitChoice(nodes, text)
        case .repetition(let inner, let minimum, let maximum, let isLazy):
            for _ in 0..<minimum { try emit(inner, text) }
            guard let maximum else { return try emitStar(inner, isLazy: isLazy, text) }
            var exits: [Int] = []
            for _ in minimum..<max(maximum, minimum) {
                exits.append(program.count)
                program.append(.jump(0))
                try emit(inner, text)
            }
            for exit in exits { program[exit] = Self.split(exit + 1, or: program.count, isLazy: isLazy) }
        }
    }

    private mutating func emitChoice(_ nodes: [PatternNode], _ text: String) throws(Pattern.SyntaxError) {
        var leaves: [Int] = []
        for (index, node) in nodes.enumerated() {
            let split = program.count
            let isLast = index == nodes.count - 1
            if !isLast { program.append(.jump(0)) }
            try emit(node, text)
            if isLast { break }
            leaves.append(program.count)
            program.append(.jump(0))
            program[split] = .split(split + 1, program.count)
        }
        for leave in leaves { program[leave] = .jump(program.count) }
    }

    /// To go on is preferred, unless the repetition is lazy.
    private static func split(_ inside: Int, or outside: Int, isLazy: Bool) -> PatternInstruction {
        isLazy ? .split(outside, inside) : .split(inside, outside)
    }

    private mutating func emitStar(
        _ inner: PatternNode, isLazy: Bool, _ text: String
    ) throws(Pattern.SyntaxError) {
        let loop = program.count
        program.append(.jump(0))
        try emit(inner, text)
        program.append(.jump(loop))
        program[loop] = Self.split(loop + 1, or: program.count, isLazy: isLazy)
    }
}
