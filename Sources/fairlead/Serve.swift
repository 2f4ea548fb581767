import ArgumentParser
import FairleadAuthorization
import FairleadClient
import FairleadControllers
import FairleadDNS
import FairleadHTTP
import FairleadModel
import FairleadServer
import Foundation
import Logging

/// `fairlead serve`: starts the server and runs it until SIGTERM or SIGINT.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Start the server.",
        discussion: """
            When it is ready it prints what to type: kubectl finds it by a kubeconfig that it writes beside its data, or \
            by --server.
            """)

    @Option(
        name: .long,
        help: """
            Address and port to listen on without TLS, for the user who runs the server; port 0 takes a free port, none \
            turns it off. May be repeated.
            """)
    var listen: [String] = ["127.0.0.1:8080"]

    @Flag(
        name: .long,
        help: "Allow --listen on an address that is not loopback. Everyone who can reach it may do anything.")
    var insecureBind = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Who decides what users may do, in order: RBAC, Node, AlwaysAllow, AlwaysDeny, separated by commas.",
            discussion:
                "With Node, kubelets (system:node:NAME in system:nodes) may read what the pods on their node need, and "
                + "write only about them and themselves.",
            valueName: "modes"))
    var authorizationMode = "RBAC"

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Whether requests without credentials come in by TLS, as system:anonymous. Never with AlwaysAllow.",
            valueName: "true|false"))
    var anonymousAuth = true

    @OptionGroup(title: "Admission")
    var admission: AdmissionFlags

    @Option(name: .long, help: "The SQLite file, or :memory: to keep nothing. (default: in the user's data directory)")
    var data: String?

    @OptionGroup(title: "Storage")
    var storage: StorageFlags

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Where to write a kubeconfig that leads to this server, or none. (default: beside the data)",
            discussion:
                "A file that is there keeps what else is in it; one without a cluster \"fairlead\" is not touched.",
            valueName: "file"))
    var kubeconfig: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Seconds that history is kept: how far back a watch or a paged list may resume.", valueName: "seconds"))
    var historyAge = 300

    @Option(
        name: .long,
        help: ArgumentHelp(
            "How often older history is deleted and its space freed, in seconds.", valueName: "seconds"))
    var compactionInterval = 5

    @Option(
        name: .long,
        help: ArgumentHelp(
            "How large the database may become: bytes, or a quantity as in 2GiB; 0 for no limit.",
            discussion: "At the limit, writes that need more room are refused until something has been deleted.",
            valueName: "bytes"))
    var storageQuota = "8GiB"

    @Option(name: .long, help: "How long an Event lives after it was last written, as in 1h0m0s; 0 for ever.")
    var eventTtl = "1h0m0s"

    @Option(name: .long, help: "How many simulated nodes there are.")
    var nodes = 3

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A YAML file that says what containers of certain images do: exit, log, answer (docs/programs.md).",
            valueName: "file"))
    var programs: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A folder of YAML files that say which pods change when: delays, failures, ends (docs/stages.md).",
            valueName: "dir"))
    var stages: String?

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp(
            "Images that cannot be pulled, as in 'example.com/*' or '*:broken'; may be repeated.",
            valueName: "pattern"))
    var missingImage: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "How long a node may be silent before it counts as lost; simulated ones report four times in that time, "
                + "or one every 10s.", valueName: "duration"))
    var nodeMonitorGracePeriod = "50s"

    @Flag(
        name: .long,
        help:
            "Nothing that stands in for machines or a cloud: no nodes, scheduler, kubelets, load balancers or kube-dns."
    )
    var bare = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Which controllers run, by kube-controller-manager's names: '*' for all that are on by default, NAME, -NAME.",
            discussion:
                "As in '*,-deployment-controller', so that another program can do its work. With --bare those are "
                + "off by default that stand in for machines or a cloud.",
            valueName: "list"))
    var controllers = "*"

    @OptionGroup(title: "TLS") var secure: SecureFlags

    @OptionGroup(title: "Identity") var identity: IdentityFlags

    @OptionGroup(title: "Audit") var audit: AuditFlags

    @OptionGroup(title: "Fairness") var flow: FlowFlags

    @OptionGroup(title: "Encryption") var encryption: EncryptionFlags

    @Option(name: .long, help: "Where cluster IPs come from: one CIDR, or two of different families (dual stack).")
    var serviceClusterIpRange = "10.96.0.0/16"

    @Option(name: .long, help: "Where node ports come from.")
    var serviceNodePortRange = "30000-32767"

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A pool of load-balancer addresses: [NAME=]LIST. May be repeated.",
            discussion: """
                LIST: CIDRs, FIRST-LAST ranges and addresses of either family, separated by commas; among them options: \
                priority=N (highest first, 0), auto-assign=off (only for Services that ask for the pool or an address of \
                it), hostname-suffix=DOMAIN (Services get a host name that spells the address). \
                As in public=203.0.113.0/24,2001:db8::/120,priority=10
                """, valueName: "pool"))
    var loadBalancerPool: [String] = ["172.18.255.0/24"]

    @Option(
        name: .long,
        help: "Where pod addresses come from: one CIDR, or two of different families; each node takes a /24 or /64.")
    var podCidr = "10.244.0.0/16"

    @Flag(name: .long, inversion: .prefixedNo, help: "Allow privileged containers, as kubeadm and kind do.")
    var allowPrivileged = true

    @Option(name: .long, help: "The cluster's DNS domain.")
    var clusterDomain = "cluster.local"

    @Option(
        name: .long,
        help: """
            Address and port of the cluster DNS, UDP and TCP; port 0 takes a free one, none turns it off. Without the \
            flag \(Self.usualDNSAddress), if that is free.
            """)
    var dnsListen: String?

    @Flag(
        name: .long,
        help: """
            The DNS answers every user of this machine. Without the flag, it answers only who runs the server, and root.
            """)
    var dnsOpen = false

    @Option(name: .long, help: "Where DNS queries for names outside the cluster go: ADDRESS or ADDRESS:PORT.")
    var dnsForward: String?

    @Option(
        name: .long,
        help: """
            The largest answer of the DNS by UDP, 512 to 65507 bytes, where clients ask for as much. (default: 1232, and \
            4096 for addresses that have asked by TCP in the last ten seconds)
            """)
    var dnsUdpSize: Int?

    @Option(name: .long, help: "How long DNS answers may be cached, in seconds.")
    var dnsTtl: UInt32 = 5

    @Flag(name: .long, help: "Rotate the addresses in DNS answers.")
    var dnsRotate = false

    @Option(name: .long, help: "Which pod names the DNS answers: insecure, verified or disabled.")
    var dnsPods = "insecure"

    @Flag(
        name: .long, inversion: .prefixedNo,
        help: "The DNS answers only while kube-dns pods are ready. Has no effect with --bare.")
    var dnsFollowsPods = true

    @Option(name: .long, help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = "info"

    @Option(name: .long, help: "text or json.")
    var logFormat = "text"

    /// Not 5353, which is the port of multicast DNS on desktops.
    private static let usualDNSAddress = "127.0.0.1:10053"

    /// Errors thrown here are shown with this command's usage.
    func validate() throws { _ = try configuration() }

    func run() async throws {
        let configuration = try self.configuration()
        let environment = Environment.live
        CrashReport.install(format: configuration.logFormat)
        Logs.bootstrap(level: configuration.logLevel, format: configuration.logFormat, environment: environment)
        do {
            try await FairleadServer(configuration: configuration, environment: environment).runUntilSignal()
        } catch let error as StartupError {
            throw failure(error.description)
        }
    }

    /// Converts the flags.
    /// - Throws: `ValidationError` that names the flag and the values it accepts.
    private func configuration() throws -> ServerConfiguration {
        let addresses = try (listen == ["none"] ? [] : listen).map { text in
            guard let address = HTTPAddress(text) else {
                throw ValidationError("--listen \(text): an address and a port are wanted, as in 127.0.0.1:8080")
            }
            return address
        }
        let ranges = try cidrs(serviceClusterIpRange, "--service-cluster-ip-range")
        var configuration = ServerConfiguration(
            listen: addresses, data: try storage.location(data), serviceClusterIPRanges: ranges,
            loadBalancerPools: try pools(),
            podCIDRs: try cidrs(podCidr, "--pod-cidr"))
        configuration.etcd = try storage.etcd()
        configuration.allowsRemote = insecureBind
        configuration.authorizationModes = try authorizationModes()
        configuration.allowsAnonymous = anonymousAuth
        configuration.historyAge = .seconds(try seconds(historyAge, "--history-age"))
        configuration.compactionInterval = .seconds(try seconds(compactionInterval, "--compaction-interval"))
        configuration.storageQuota = try quota()
        configuration.eventTimeToLive = try timeToLive()
        configuration.nodes = try nodeCount()
        configuration.programs = programs
        configuration.stages = stages
        configuration.missingImages = missingImage
        configuration.nodeGracePeriod = try gracePeriod()
        configuration.isBare = bare
        configuration.controllers = try controllerSelection()
        configuration.allowsPrivileged = allowPrivileged
        configuration.plugins = try admission.plugins()
        configuration.identity = identity.options
        configuration.audit = try audit.settings()
        configuration.flowControl = try flow.limits()
        configuration.encryptsSecrets = encryption.encryptSecrets
        configuration.encryptionFile = encryption.encryptionProviderConfig
        configuration.secure = try secure.options()
        if addresses.isEmpty, configuration.secure == nil {
            throw ValidationError("--listen none and --tls-listen none together leave no way in")
        }
        configuration.nodePortRange = try portRange()
        guard NameRules.dns1123Subdomain(clusterDomain).isEmpty else {
            throw ValidationError("--cluster-domain \(clusterDomain): not a domain name")
        }
        configuration.clusterDomain = clusterDomain
        configuration.dns = try dnsOptions()
        configuration.logLevel = try FlagValues.logLevel(logLevel)
        configuration.logFormat = try FlagValues.logFormat(logFormat)
        if let kubeconfig { configuration.kubeconfig = kubeconfig == "none" ? .nowhere : .file(kubeconfig) }
        if let problem = configuration.problem { throw ValidationError(problem) }
        return configuration
    }

    private func authorizationModes() throws -> [AccessControl.Mode] {
        let names = authorizationMode.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let modes = try names.map { name in
            guard let mode = AccessControl.Mode(rawValue: name) else {
                throw ValidationError(
                    "--authorization-mode \(authorizationMode): RBAC, Node, AlwaysAllow and AlwaysDeny are known")
            }
            return mode
        }
        guard Set(modes).count == modes.count else {
            throw ValidationError("--authorization-mode \(authorizationMode): a mode is named twice")
        }
        return modes
    }

    private func pools() throws -> [LoadBalancerPool] {
        var pools: [LoadBalancerPool] = []
        for text in loadBalancerPool {
            do {
                let name = pools.isEmpty ? "default" : "default-\(pools.count + 1)"
                pools.append(try LoadBalancerPool(text, defaultName: name))
            } catch {
                throw ValidationError("--load-balancer-pool \(text): \(error.description)")
            }
        }
        guard Set(pools.map(\.name)).count == pools.count else {
            throw ValidationError("--load-balancer-pool: two pools have the same name")
        }
        return pools
    }

    private func dnsOptions() throws -> DNSOptions? {
        if dnsListen == "none" { return nil }
        guard let address = DNSAddress(dnsListen ?? Self.usualDNSAddress, defaultPort: 53) else {
            throw ValidationError(
                "--dns-listen \(dnsListen ?? ""): an address and a port are wanted, as in \(Self.usualDNSAddress), or none"
            )
        }
        guard insecureBind || address.host.isLoopback else {
            throw ValidationError("--dns-listen \(address): not a loopback address (--insecure-bind allows it)")
        }
        var options = DNSOptions(listen: address, isRequired: dnsListen != nil)
        options.isForOwner = address.host.isLoopback && !dnsOpen
        if let dnsForward {
            guard let upstream = DNSAddress(dnsForward, defaultPort: 53) else {
                throw ValidationError("--dns-forward \(dnsForward): ADDRESS or ADDRESS:PORT is wanted")
            }
            options.forward = upstream
        }
        if let dnsUdpSize {
            guard (512...DNSTransport.largestDatagram).contains(dnsUdpSize) else {
                throw ValidationError("--dns-udp-size \(dnsUdpSize): 512 to \(DNSTransport.largestDatagram) is wanted")
            }
            options.udpSize = dnsUdpSize
        }
        guard (0...3600).contains(dnsTtl) else { throw ValidationError("--dns-ttl \(dnsTtl): 0 to 3600 is wanted") }
        options.ttl = dnsTtl
        options.rotates = dnsRotate
        guard let pods = ZoneSettings.PodNames(rawValue: dnsPods) else {
            throw ValidationError("--dns-pods \(dnsPods): insecure, verified or disabled is wanted")
        }
        options.podNames = pods
        options.followsPods = dnsFollowsPods
        return options
    }

    private func timeToLive() throws -> Duration {
        do throws(GoDuration.ParseError) {
            let duration = try GoDuration.parse(eventTtl)
            if duration >= .zero { return duration }
        } catch {
            throw ValidationError("--event-ttl \(eventTtl): \(error.message)")
        }
        throw ValidationError("--event-ttl \(eventTtl): a duration is wanted, as in 1h0m0s")
    }

    /// nil means no limit.
    private func quota() throws -> Int64? {
        let text = storageQuota.hasSuffix("B") ? String(storageQuota.dropLast()) : storageQuota
        guard let bytes = Quantity(text)?.value, bytes == 0 || bytes >= 1 << 20 else {
            throw ValidationError(
                "--storage-quota \(storageQuota): 0, or at least 1MiB is wanted, in bytes or as in 512MiB or 2GiB")
        }
        return bytes == 0 ? nil : bytes
    }

    private func seconds(_ number: Int, _ flag: String) throws -> Int {
        guard (1...86_400).contains(number) else { throw ValidationError("\(flag) \(number): 1 to 86400 is wanted") }
        return number
    }

    /// Seconds, with or without the suffix `s`.
    private func gracePeriod() throws -> Duration {
        let text = nodeMonitorGracePeriod
        guard let seconds = Int(text.hasSuffix("s") ? String(text.dropLast()) : text), (1...86_400).contains(seconds)
        else { throw ValidationError("--node-monitor-grace-period \(text): 1s to 86400s is wanted") }
        return .seconds(saturating: Double(seconds))
    }

    private func controllerSelection() throws -> ControllerSelection {
        do {
            return try ControlPlane.selection(controllers)
        } catch {
            throw ValidationError("--controllers \(controllers): \(error)")
        }
    }

    private func nodeCount() throws -> Int {
        guard (0...1000).contains(nodes) else { throw ValidationError("--nodes \(nodes): 0 to 1000 is wanted") }
        return nodes
    }

    /// One range, or two of different families.
    private func cidrs(_ text: String, _ flag: String) throws -> [CIDR] {
        let ranges = try FlagValues.cidrs(text, flag, example: "10.96.0.0/16")
        guard (1...2).contains(ranges.count), Set(ranges.map(\.network.isIPv4)).count == ranges.count else {
            throw ValidationError("\(flag) takes one CIDR, or one of each family")
        }
        return ranges
    }

    private func portRange() throws -> ClosedRange<Int> {
        let ends = serviceNodePortRange.split(separator: "-").compactMap { Int($0) }
        guard ends.count == 2, ends[0] >= 1, ends[0] <= ends[1], ends[1] <= 65535 else {
            throw ValidationError("--service-node-port-range \(serviceNodePortRange): FIRST-LAST is wanted")
        }
        return ends[0]...ends[1]
    }
}
