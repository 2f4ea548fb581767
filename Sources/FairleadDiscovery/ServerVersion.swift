import FairleadModel
import FairleadSchema

/// The Kubernetes version that this server emulates, as `/version` reports it (version.Info).
package struct ServerVersion: Sendable {
    package var gitVersion = "v1.36.2"
    package var major = "1"
    package var minor = "36"
    package var gitCommit = "fairlead"
    package var buildDate = BuildDate.text

    package init() {}

    var value: Value {
        [
            "major": .string(major), "minor": .string(minor), "emulationMajor": .string(major),
            "emulationMinor": .string(minor), "minCompatibilityMajor": .string(major),
            "minCompatibilityMinor": .string(String((Int(minor) ?? 1) - 1)), "gitVersion": .string(gitVersion),
            "gitCommit": .string(gitCommit), "gitTreeState": "clean", "buildDate": .string(buildDate),
            "goVersion": .string(Self.goVersion), "compiler": "swiftc", "platform": .string(Self.platform),
        ]
    }

    /// Not built with Go.
    static let goVersion = "none"

    private static var platform: String {
        #if os(Linux)
            let system = "linux"
        #else
            let system = "darwin"
        #endif
        #if arch(arm64)
            return system + "/arm64"
        #else
            return system + "/amd64"
        #endif
    }
}
