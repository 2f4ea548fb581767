/// A part of a word, before it is expanded.
indirect enum WordPart: Sendable {
    case text(String, isQuoted: Bool)
    case parameter(Parameter, isQuoted: Bool)
    case command([ListItem], isQuoted: Bool)
    case arithmetic(Word, isQuoted: Bool)
}

/// A word of a command, before it is expanded.
struct Word: Sendable {
    var parts: [WordPart] = []

    /// The text of a word without quotes and expansions: what a keyword must be.
    var plain: String? {
        var text = ""
        for part in parts {
            guard case .text(let piece, false) = part else { return nil }
            text += piece
        }
        return text
    }
}

/// `$NAME` and what may be between `${` and `}`.
struct Parameter: Sendable {
    enum Operation: Sendable {
        case none
        case length
        /// `:-`, `-`, `:=`, `=`, `:+`, `+`, `:?`, `?`.
        case fallback(Character, alsoIfEmpty: Bool, Word)
        /// `#`, `##`, `%`, `%%`.
        case trim(fromEnd: Bool, longest: Bool, Word)
        case replace(Word, with: Word, all: Bool)
        case slice(Word, Word?)
        case upper(all: Bool), lower(all: Bool)
    }

    var name: String
    /// What is between brackets after the name of an array.
    var index: Word?
    /// `${!name}`.
    var isIndirect = false
    var operation = Operation.none
}

struct Assignment: Sendable {
    var name: String
    var index: Word?
    var value: Word
    /// The elements of `name=(…)`.
    var elements: [Word]?
    var appends: Bool
}

struct Redirection: Sendable {
    enum Kind: Sendable {
        case read, write, append, readWrite
        /// `>&`, `<&`.
        case duplicate
        /// `&>`, for both outputs.
        case both(appends: Bool)
        /// `<<`, `<<<`: the text is the word.
        case text
    }

    var descriptor: Int
    var kind: Kind
    var target: Word
}

struct SimpleCommand: Sendable {
    var assignments: [Assignment] = []
    var words: [Word] = []
    var redirections: [Redirection] = []
}

/// What `[[ … ]]` asks.
indirect enum Condition: Sendable {
    case not(Condition)
    case and(Condition, Condition)
    case or(Condition, Condition)
    case unary(String, Word)
    case binary(Word, String, Word)
    case word(Word)
}

/// One command, with its redirections.
indirect enum Command: Sendable {
    case simple(SimpleCommand)
    case group([ListItem])
    case subshell([ListItem])
    case branches([(condition: [ListItem], body: [ListItem])], otherwise: [ListItem]?)
    case loop(condition: [ListItem], isUntil: Bool, body: [ListItem])
    /// Without words: over the arguments.
    case each(name: String, words: [Word]?, body: [ListItem])
    case counting(start: Word, condition: Word, step: Word, body: [ListItem])
    case cases(Word, [(patterns: [Word], body: [ListItem], fallsThrough: Bool)])
    /// With the length of its text.
    case function(name: String, body: Command, size: Int)
    case condition(Condition)
    case arithmetic(Word)
    case redirected(Command, [Redirection])
}

struct Pipeline: Sendable {
    var commands: [Command]
    var isNegated = false
}

/// Pipelines with `&&` and `||` between them, and whether all of it runs in the background.
struct ListItem: Sendable {
    enum Joint: Sendable { case and, or }

    var first: Pipeline
    var rest: [(joint: Joint, pipeline: Pipeline)] = []
    var isBackground = false
}

/// Why a script cannot be understood.
struct SyntaxError: Error, Hashable, Sendable {
    var message: String
    /// Whether more lines could complete it.
    var isIncomplete = false
}
