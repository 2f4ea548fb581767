import FairleadContainers
import FairleadModel

/// What one row of the table says about an image.
struct ImageRow: Sendable {
    /// What an image is made upon.
    enum Base: String, Sendable {
        case busybox, alpine, debian
        /// No shell, nothing but its own programs.
        case none
    }

    /// The last part of the image's path, or the last two with a slash.
    var names: [String]
    var base = Base.debian
    /// Whether its `nslookup` is bind's.
    var hasBindTools = false
    var entrypoint: [String] = []
    var command: [String] = []
    /// `""` for root, `1234`, `1000:50000`.
    var user = ""
    var environment: [(name: String, value: String)] = []
    var workingDirectory = "/"
    var ports: [UInt16] = []
    /// By their paths.
    var programs: [String: any Program] = [:]
    var files: [String: String] = [:]
    var directories: [String] = []
    /// How its own command ends after TERM if nothing runs for it; nil if a program has to run.
    var idleEnd: ExitStatus?

    init(_ names: String...) { self.names = names }
}

/// A row that may depend on the tag.
struct ImageFamily: Sendable {
    let names: [String]
    let row: @Sendable (ImageReference) -> ImageRow

    init(_ row: ImageRow) {
        names = row.names
        self.row = { _ in row }
    }

    init(_ names: String..., row: @escaping @Sendable (ImageReference) -> ImageRow) {
        self.names = names
        self.row = row
    }
}
