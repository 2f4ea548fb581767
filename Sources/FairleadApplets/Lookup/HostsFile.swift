package import FairleadContainers

/// The lines of /etc/hosts.
package struct HostsFile {
    private let lines: [[Substring]]

    /// Reads the file of a container.
    package init(_ process: Process) {
        // Without the file, it names nobody.
        let text = (try? process.world.files.text("/etc/hosts")) ?? ""
        lines = text.split(separator: "\n").prefix(4_096).map { line in
            line.prefix { $0 != "#" }.split(whereSeparator: { $0 == " " || $0 == "\t" })
        }
    }

    /// The first name of the line that has a name.
    package func canonicalName(of name: String) -> String? {
        lines.first { $0.dropFirst().contains { $0 == name } }.flatMap { $0.dropFirst().first.map(String.init) }
    }

    /// The lines that have a name or an address.
    func entries(of name: String) -> [(address: String, names: [String])] {
        lines.filter { $0.count > 1 && $0.contains { $0.lowercased() == name.lowercased() } }.map {
            (String($0[0]), $0.dropFirst().map(String.init))
        }
    }
}
