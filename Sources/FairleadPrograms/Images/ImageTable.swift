package import FairleadContainers
package import FairleadModel
import FairleadShell
import Synchronization

/// An image, as a container is made from it.
package struct ImageDescription: Sendable {
    /// What the table knows it by; the last part of the name for unknown images.
    package let name: String
    /// Whether the table has the image. One that it has not is a small Linux whose own program is not known.
    package let isKnown: Bool
    package let entrypoint: [String]
    package let command: [String]
    /// As images write it: `""` for root, `1234`, `1000:50000`.
    package let user: String
    /// Of the image, `PATH` first.
    package let environment: [(name: String, value: String)]
    package let workingDirectory: String
    /// TCP ports that the image serves.
    package let ports: [UInt16]
    /// What can be run in it.
    package let commands: any CommandTable
    /// How the image's own command ends after TERM if no task has to run for it; nil if one has to.
    package let idleEnd: ExitStatus?
    fileprivate let template: FileTree

    /// The files of a new container: a copy that costs next to nothing until it is written to.
    package func root() -> FileTree { template.copy() }

    init(_ row: ImageRow, isKnown: Bool, commands: any CommandTable, template: FileTree) {
        name = row.names.first ?? ""
        self.isKnown = isKnown
        entrypoint = row.entrypoint
        command = row.command
        user = row.user
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        environment =
            row.environment.contains { $0.name == "PATH" } ? row.environment : [("PATH", path)] + row.environment
        workingDirectory = row.workingDirectory
        ports = row.ports
        self.commands = commands
        idleEnd = row.idleEnd
        self.template = template
    }
}

/// The images that the simulation knows, by the last part of their names: registries, tags and digests do not matter.
package final class ImageTable: Sendable {
    /// Descriptions that are kept: as many as there are rows, and some tags that make a difference.
    private static let maximumKept = 256

    private let families: [String: ImageFamily]
    private let now: @Sendable () -> Timestamp
    private let kept = Mutex<[String: ImageDescription]>([:])

    /// - Parameters:
    ///   - tokens: who checks tokens for agnhost's `test-service-account-issuer-discovery`.
    ///   - now: the time stamps of the files.
    package init(tokens: (any TokenVerifying)? = nil, now: @escaping @Sendable () -> Timestamp) {
        var families: [String: ImageFamily] = [:]
        let all =
            TestImages.families(tokens: tokens) + ServerImages.families + StoreImages.families + ToolImages.families
        for family in all { for name in family.names { families[name] = family } }
        self.families = families
        self.now = now
    }

    /// The names that the table has, sorted.
    var names: [String] { families.keys.sorted() }

    /// What is known of an image; also of one whose name cannot be read, which nobody can pull.
    package func description(of image: String) -> ImageDescription {
        // A name that is none is as unknown as any other.
        let reference = try? ImageReference(image)
        guard let reference, let (name, family) = family(of: reference) else {
            return keep("") { ImageRow(reference?.name ?? "") }
        }
        return keep("\(name):\(reference.tag ?? "")") { family.row(reference) }
    }

    private func keep(_ key: String, _ row: () -> ImageRow) -> ImageDescription {
        if let found = kept.withLock({ $0[key] }) { return found }
        let made = make(row(), isKnown: !key.isEmpty)
        return kept.withLock { kept in
            if kept.count >= Self.maximumKept { kept.removeAll() }
            kept[key] = made
            return made
        }
    }

    private func family(of reference: ImageReference) -> (String, ImageFamily)? {
        let parts = reference.path.split(separator: "/")
        let names = [parts.suffix(2).joined(separator: "/"), parts.last.map(String.init) ?? ""]
        for name in names { if let family = families[name] { return (name, family) } }
        // Kubernetes' tests may be given one repository for all of their images: the tag has the name then.
        guard let tag = reference.tag, let mark = tag.firstRange(of: "e2e-test-images-") else { return nil }
        let rest = tag[mark.upperBound...]
        let fitting = families.keys.filter { rest.hasPrefix($0 + "-") }.max { $0.utf8.count < $1.utf8.count }
        return fitting.flatMap { name in families[name].map { (name, $0) } }
    }

    private func make(_ row: ImageRow, isKnown: Bool) -> ImageDescription {
        let time = now()
        var programs: [String: any Program] = [:]
        let tree: FileTree
        if row.base == .none {
            tree = FileTree(modified: time)
        } else {
            programs = ShellPrograms.all
            if row.base == .debian { programs.merge(ShellPrograms.debian) { $1 } }
            if row.hasBindTools { programs.merge(ShellPrograms.bindTools) { $1 } }
            tree = BaseImage.tree(programs: programs.keys.sorted(), now: time)
        }
        let files = ContainerFiles(root: tree, now: { time })
        func put(_ node: FileNode, _ path: String) {
            let parent = path.split(separator: "/").dropLast().joined(separator: "/")
            // The table is right about its own paths; what it could not make would be missed by its tests.
            try? files.makeDirectory("/" + parent, makesParents: true, as: .root)
            try? files.put(node, at: path)
        }
        let release = ImageFiles.release(of: row.base)
        if row.base != .none {
            put(FileNode(.file(Array(release.utf8)), mode: 0o644, modified: time), "/etc/os-release")
        }
        for path in row.directories {
            // As above.
            try? files.makeDirectory(path, makesParents: true, as: .root)
        }
        for (path, text) in row.files.sorted(by: { $0.key < $1.key }) {
            put(FileNode(.file(Array(text.utf8)), mode: 0o644, modified: time), path)
        }
        for (path, program) in row.programs.sorted(by: { $0.key < $1.key }) {
            // Named by its path: an image may have one of its own beside the shell's of the same name.
            programs[path] = program
            let mode: UInt16 = path == "/nnp" ? 0o4755 : 0o755
            put(FileNode(.program(path), mode: mode, modified: time), path)
        }
        return ImageDescription(row, isKnown: isKnown, commands: ImageCommands(programs: programs), template: tree)
    }
}
