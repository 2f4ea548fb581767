import FairleadModel

/// The defaults of one container.
enum ContainerDefaults {
    static func apply(to container: inout Value) {
        if container.text("imagePullPolicy").isEmpty {
            container["imagePullPolicy"] = .string(pullPolicy(ofImage: container.text("image")))
        }
        container.setDefaultText("terminationMessagePath", "/dev/termination-log")
        container.setDefaultText("terminationMessagePolicy", "File")
        container.setDefault("resources", .object(Object()))
        container.changeItems("ports") { $0.setDefaultText("protocol", "TCP") }
        for key in ["livenessProbe", "readinessProbe", "startupProbe"] { container.change(key, probe) }
        container.change("lifecycle") { lifecycle in
            for key in ["postStart", "preStop"] { lifecycle.change(key) { $0.change("httpGet", httpGet) } }
        }
        container.changeItems("env") { variable in
            variable.change("valueFrom") { source in
                source.change("fieldRef") { $0.setDefaultText("apiVersion", "v1") }
                source.change("resourceFieldRef", divisor)
                source.change("fileKeyRef") { $0.setDefault("optional", false) }
            }
        }
    }

    private static func probe(_ probe: inout Value) {
        probe.setDefaultNumber("timeoutSeconds", 1)
        probe.setDefaultNumber("periodSeconds", 10)
        probe.setDefaultNumber("successThreshold", 1)
        probe.setDefaultNumber("failureThreshold", 3)
        probe.change("httpGet", httpGet)
        probe.change("grpc") { $0.setDefault("service", "") }
    }

    private static func httpGet(_ action: inout Value) {
        action.setDefaultText("path", "/")
        action.setDefaultText("scheme", "HTTP")
    }

    /// A quantity is a struct in Go, so it is always written; zero means 1.
    static func divisor(_ source: inout Value) { source.setDefault("divisor", "0") }

    /// `Always` for the tag `latest`, explicit or implied; a digest does not imply it.
    static func pullPolicy(ofImage image: String) -> String {
        let withoutDigest = image.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let name = withoutDigest.first.map(String.init) ?? ""
        let last = name.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        if let colon = last.firstIndex(of: ":") {
            return last[last.index(after: colon)...] == "latest" ? "Always" : "IfNotPresent"
        }
        return withoutDigest.count > 1 ? "IfNotPresent" : "Always"
    }
}
