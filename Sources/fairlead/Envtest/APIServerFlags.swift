import FairleadAuthorization
import FairleadKindRules
import FairleadServer
import Foundation

/// The flags of kube-apiserver, as those of `fairlead serve`.
struct APIServerFlags {
    private let given: ComponentArguments
    /// What `fairlead serve` is to be called with, but for the data.
    var result: [String] = []
    /// The flags that change nothing, as they were given.
    private(set) var ineffective: [String] = []

    init(_ given: ComponentArguments) { self.given = given }

    /// Flags that take a value only behind `=`.
    static let switches: Set<String> = [
        "help", "h", "version", "allow-privileged", "anonymous-auth", "profiling", "contention-profiling",
        "enable-aggregator-routing", "enable-bootstrap-token-auth", "enable-garbage-collector",
        "enable-priority-and-fairness",
        "enable-logs-handler", "permit-port-sharing", "permit-address-sharing", "audit-log-compress", "watch-cache",
        "service-account-extend-token-expiration", "service-account-lookup", "strict-transport-security-directives",
        "audit-log-truncate-enabled", "unauthenticated-http2-dos-mitigation", "debug-socket-path",
    ]

    /// Those that have the same name and meaning there, and one value.
    private static let same = [
        "client-ca-file", "requestheader-client-ca-file", "requestheader-allowed-names", "service-cluster-ip-range",
        "service-node-port-range", "service-account-signing-key-file", "api-audiences", "token-auth-file", "event-ttl",
        "audit-log-path", "audit-policy-file", "audit-log-maxsize", "audit-log-maxbackup", "audit-log-maxage",
        "encryption-provider-config", "max-requests-inflight", "max-mutating-requests-inflight",
    ]
    /// Those that are on or off there.
    private static let sameSwitches = ["anonymous-auth", "enable-priority-and-fairness"]
    /// Those that may be repeated.
    private static let repeated = ["service-account-issuer", "service-account-key-file"]
    /// Those whose only meaning is fulfilled in any case: there is no insecure port.
    private static let silent: Set<String> = ["etcd-servers", "insecure-port"]

    /// The controllers that are a part of kube-apiserver.
    private static let own = [
        "kubernetes-service-controller", "ip-repair-controller", "crd-naming-controller", "crd-finalizer-controller",
        "priority-and-fairness-config-producer", "priority-and-fairness-config-consumer",
        "kube-apiserver-autoregistration", "apiservice-status-remote-available-controller",
    ]
    private static let machines = ["kube-scheduler", "kubelet", "simulated-nodes"]

    /// - Parameter controllers: `*`, `machines`, or names of controllers, separated by commas.
    /// - Throws: `ComponentProblem`.
    mutating func translate(controllers: String) throws {
        if let other = given.others.first {
            throw ComponentProblem("unknown command \"\(other)\" for \"kube-apiserver\"")
        }
        result = ["--listen", "none", "--dns-listen", "none", "--kubeconfig", "none"]
        translateControllers(controllers)
        try translateDoor()
        var used: Set<String> = ["secure-port", "bind-address", "cert-dir", "tls-cert-file", "tls-private-key-file"]
        for name in Self.same { pass(name, given[name].map { [$0] } ?? [], &used) }
        for name in Self.repeated { pass(name, given.values[name] ?? [], &used) }
        for name in Self.sameSwitches { pass(name, given.isOn(name).map { ["\($0)"] } ?? [], &used) }
        used.insert("allow-privileged")
        result.append(given.isOn("allow-privileged") ?? false ? "--allow-privileged" : "--no-allow-privileged")
        try translateModes(&used)
        translatePlugins(&used)
        translateVerbosity(&used)
        if given["audit-log-mode"] == "blocking-strict" { pass("audit-log-mode", ["blocking-strict"], &used) }
        for name in given.names where !used.contains(name) && !Self.silent.contains(name) {
            ineffective += (given.values[name] ?? []).map { "--\(name)=\($0)" }
        }
    }

    private mutating func pass(_ name: String, _ values: [String], _ used: inout Set<String>) {
        used.insert(name)
        for value in values { result.append("--\(name)=\(value)") }
    }

    private mutating func translateControllers(_ text: String) {
        var names = Self.own
        var isBare = true
        for word in text.split(separator: ",") {
            if word == "machines" {
                isBare = false
                names += Self.machines
            } else {
                names.append(word.trimmingCharacters(in: .whitespaces))
            }
        }
        if isBare { result.append("--bare") }
        result += ["--controllers", names.joined(separator: ",")]
    }

    /// The door, with the certificate that was put into `--cert-dir`, if there is one.
    private mutating func translateDoor() throws {
        let host = given["bind-address"] ?? "0.0.0.0"
        let port = given["secure-port"] ?? "6443"
        guard let number = Int(port), (1...65535).contains(number) else {
            throw ComponentProblem("--secure-port \(port): 1 to 65535 is wanted")
        }
        result += [
            "--tls-listen", host.contains(":") && !host.hasPrefix("[") ? "[\(host)]:\(port)" : "\(host):\(port)",
        ]
        var certificate = given["tls-cert-file"]
        var key = given["tls-private-key-file"]
        if certificate == nil, key == nil {
            let folder = given["cert-dir"] ?? "/var/run/kubernetes"
            let pair = ["\(folder)/apiserver.crt", "\(folder)/apiserver.key"]
            if pair.allSatisfy({ FileManager.default.fileExists(atPath: $0) }) {
                certificate = pair[0]
                key = pair[1]
            }
        }
        if let certificate { result.append("--tls-cert-file=\(certificate)") }
        if let key { result.append("--tls-private-key-file=\(key)") }
    }

    /// An authorizer that is missing here can only make the server stricter.
    private mutating func translateModes(_ used: inout Set<String>) throws {
        used.insert("authorization-mode")
        let modes = (given.values["authorization-mode"] ?? ["AlwaysAllow"]).flatMap { $0.split(separator: ",") }
        let known = modes.filter { AccessControl.Mode(rawValue: String($0)) != nil }
        guard !known.isEmpty else {
            throw ComponentProblem("--authorization-mode \(modes.joined(separator: ",")): none of these is known")
        }
        if known.count < modes.count {
            ineffective.append(
                "--authorization-mode=\(modes.filter { !known.contains($0) }.joined(separator: ","))")
        }
        result.append("--authorization-mode=\(known.joined(separator: ","))")
    }

    private mutating func translatePlugins(_ used: inout Set<String>) {
        used.formUnion(["enable-admission-plugins", "disable-admission-plugins"])
        func names(_ flag: String) -> [Substring] {
            (given.values[flag] ?? []).flatMap { $0.split(separator: ",") }
        }
        let disabled = names("disable-admission-plugins")
        if !disabled.isEmpty { result.append("--disable-admission-plugins=\(disabled.joined(separator: ","))") }
        let enabled = names("enable-admission-plugins")
        let available = enabled.filter { AdmissionPlugins.isAvailable(String($0)) }
        if !available.isEmpty { result.append("--enable-admission-plugins=\(available.joined(separator: ","))") }
        let others = enabled.filter { !available.contains($0) }
        if !others.isEmpty { ineffective.append("--enable-admission-plugins=\(others.joined(separator: ","))") }
    }

    private mutating func translateVerbosity(_ used: inout Set<String>) {
        used.formUnion(["v", "logging-format"])
        let level = given["v"].flatMap { Int($0) } ?? 0
        result.append("--log-level=\(level >= 4 ? "debug" : "info")")
        if given["logging-format"] == "json" { result.append("--log-format=json") }
    }

    static let help = """
        Usage: kube-apiserver [flags]

        This is fairlead, which test kits start under this name. Other flags of kube-apiserver are accepted with a
        warning and have no effect. FAIRLEAD_ENVTEST_CONTROLLERS in the environment names the controllers that run: *,
        machines, and names of kube-controller-manager's, separated by commas; none without it.

          --etcd-servers URL                      an etcd of fairlead's, in whose folder the data is kept
          --bind-address ADDRESS                  where to listen with TLS (0.0.0.0)
          --secure-port PORT                      the port (6443)
          --cert-dir DIRECTORY                    where apiserver.crt and apiserver.key are
          --tls-cert-file FILE, --tls-private-key-file FILE
          --client-ca-file FILE                   whose certificates identify clients
          --requestheader-client-ca-file FILE, --requestheader-allowed-names LIST
          --token-auth-file FILE                  users with fixed tokens
          --authorization-mode LIST               RBAC, Node, AlwaysAllow, AlwaysDeny (AlwaysAllow)
          --service-account-issuer URL, --service-account-key-file FILE, --service-account-signing-key-file FILE
          --api-audiences LIST
          --service-cluster-ip-range CIDR[,CIDR], --service-node-port-range FIRST-LAST
          --enable-admission-plugins LIST, --disable-admission-plugins LIST
          --allow-privileged                      whether containers may be privileged
          --event-ttl DURATION
          --audit-log-path FILE, --audit-policy-file FILE, --audit-log-maxsize MB, --audit-log-maxbackup N,
          --audit-log-maxage DAYS
          --v LEVEL                               4 and more: every request is logged

        """
}
