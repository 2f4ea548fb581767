import ArgumentParser
import FairleadKindRules
import FairleadServer

/// Which admission plugins are on, with kube-apiserver's flags.
struct AdmissionFlags: ParsableArguments {
    @Option(
        name: .customLong("enable-admission-plugins"),
        help: ArgumentHelp(
            "Admission plugins that are on besides the standard ones, by Kubernetes' names, separated by commas.",
            discussion: "The order does not matter. AlwaysPullImages and DenyServiceExternalIPs, for instance.",
            valueName: "names"))
    var enabled = ""

    @Option(
        name: .customLong("disable-admission-plugins"),
        help: ArgumentHelp(
            "Admission plugins that are off although they are standard, separated by commas.", valueName: "names"))
    var disabled = ""

    /// - Throws: `ValidationError` with kube-apiserver's message for an unknown name.
    func plugins() throws -> AdmissionPlugins {
        func names(_ list: String) -> [String] { list.split(separator: ",").map { $0.filter { $0 != " " } } }
        do {
            return try AdmissionPlugins(enable: names(enabled), disable: names(disabled))
        } catch {
            throw ValidationError("\(error)")
        }
    }
}
