package import FairleadContainers

/// The small programs, in tables by their names.
package enum Applets {
    /// Those that filter text, pack archives and talk to the network.
    package static let utilities: [String: any Program] = {
        var utilities: [String: any Program] = [:]
        for group in [names, interfaces, lines, dumps, tools, archives, awk] {
            for (name, applet) in group { utilities[name] = applet }
        }
        return utilities
    }()

    /// What Debian has in place of some of them: GNU's tar.
    package static let debian: [String: any Program] = ["tar": Tar.applet(.gnu)]

    /// The tools of bind, which images for looking at DNS have.
    package static let bindTools: [String: any Program] = ["nslookup": Applet { try await nslookup($0, asBind: true) }]
}
