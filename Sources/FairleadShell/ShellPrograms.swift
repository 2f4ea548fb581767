import FairleadApplets
package import FairleadContainers

/// The shell and the small programs beside it, by their names: `sh`, `cat`, `wget`.
package enum ShellPrograms {
    package static let all: [String: any Program] = {
        var programs: [String: any Program] = Applets.all
        for name in ["sh", "ash", "bash"] { programs[name] = ShellProgram() }
        return programs
    }()

    /// Those that an image upon Debian has in place of some of them.
    package static let debian: [String: any Program] = Applets.debian.merging(Applets.bindTools) { $1 }

    /// Those of an image with bind's tools.
    package static let bindTools = Applets.bindTools
}
